/**
 * The operator's first night, as docs/operating.md tells it. Its commands are typed into a shell.
 *
 * systemd itself is not tested: `systemctl` is a STAND-IN, which follows the unit file that the package contains.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { codeBlocksOf } from '../documents.ts';
import { requirePeer } from '../peers.ts';
import { stepsOf, Typist } from './typist.ts';

const DOCUMENT = 'docs/operating.md';
const HEADING = 'The first night';
const SYSTEMCTL = fileURLToPath(new URL('systemctl.mjs', import.meta.url));
const curl = requirePeer('curl', "the operator's commands");

it.skipIf(curl === undefined)(
  'the commands of the first night record what it shows, over the end of the daemon',
  async () => {
    console.warn('STAND-IN: systemctl of testing/tours in place of systemd');
    const person = new Typist(DOCUMENT, HEADING, { systemctl: SYSTEMCTL });
    const steps = stepsOf(codeBlocksOf(DOCUMENT, HEADING));
    expect(steps).toHaveLength(9);
    for (const step of steps) await person.follow(step, step.commands[0] === 'ringtail list-triggers');
  },
);
