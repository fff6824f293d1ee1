/** The tour for people who know LTTng, as docs/from-lttng.md shows it. Its commands are typed into a shell. */
import { expect, it } from 'vitest';
import { codeBlocksOf } from '../documents.ts';
import { stepsOf, Typist } from './typist.ts';

const DOCUMENT = 'docs/from-lttng.md';
const HEADING = 'A tour';

it('the commands of the tour print what it shows', async () => {
  const person = new Typist(DOCUMENT, HEADING);
  const steps = stepsOf(codeBlocksOf(DOCUMENT, HEADING));
  expect(steps).toHaveLength(5);
  for (const step of steps) await person.follow(step);
});
