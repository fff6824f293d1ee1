/* global SETTING, test, expect, jest */
// A user's test in jest's default configuration.
const timers = require('node:timers');
const tracer = require('@ringtail/tracer');
const run = require('./run.cjs');

test('is traced', async () => {
  jest.useFakeTimers();
  expect(run(tracer, SETTING)).toMatch(/^(undefined ?)+$/);
  await new Promise((resolve) => timers.setTimeout(resolve, 20));
});
