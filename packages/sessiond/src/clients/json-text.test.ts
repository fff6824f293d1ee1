import { expect, it } from 'vitest';
import { countSteps } from '../testing/steps.test.support.ts';
import { jsonList } from './json-text.ts';

it.each([[[]], [[1]], [[{ a: 'b' }, null, 'c']]])('a list made in steps is the JSON of %j', (elements) => {
  const { result, steps } = countSteps(jsonList(elements));
  expect(JSON.parse(result.pieces.join(''))).toEqual(elements);
  expect(steps).toBe(elements.length + 1);
});
