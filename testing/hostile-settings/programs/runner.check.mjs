/* global SETTING, test, expect */
// A test of a user of vitest, or of jest with ES modules.
import timers from 'node:timers';
import * as tracer from '@ringtail/tracer';
import run from './run.cjs';

test('is traced', async () => {
  expect(run(tracer, typeof SETTING === 'string' ? SETTING : process.env.SETTING)).toMatch(/^(undefined ?)+$/);
  await new Promise((resolve) => timers.setTimeout(resolve, 20));
});
