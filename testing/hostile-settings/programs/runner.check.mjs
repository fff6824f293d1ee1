/* global SETTING, test, expect */
// A user's test in vitest, or in jest with ES modules.
import timers from 'node:timers';
import * as tracer from '@ringtail/tracer';
import run from './run.cjs';

test('is traced', async () => {
  expect(run(tracer, typeof SETTING === 'string' ? SETTING : process.env.SETTING)).toMatch(/^(undefined ?)+$/);
  await new Promise((resolve) => timers.setTimeout(resolve, 20));
});
