/**
 * Test suites of other projects, with the command that runs each. A suite prints its results in the Test Anything
 * Protocol. The command is that of the project's own script for unit tests. Its program is in the project's
 * `node_modules/.bin` or in the `PATH`. Time limits are raised, since a run with all events is slower.
 *
 * `prepare` runs once before, without Ringtail. `tests` are the last arguments unless others are given.
 *
 * @typedef {{ readonly prepare?: readonly (readonly string[])[], readonly command: readonly string[],
 *   readonly tests?: readonly string[], readonly env?: Readonly<Record<string, string>> }} GuestSuite
 */

const BORP_TAP = ['borp', '--reporter', 'tap'];

/** @type {Readonly<Record<string, GuestSuite>>} */
export const SUITES = {
  express: {
    command: ['mocha', '--require', 'test/support/env', '--reporter', 'tap', '--check-leaks'],
    tests: ['test/', 'test/acceptance/'],
  },
  fastify: { command: [...BORP_TAP, '--timeout', '600000'] },
  got: { command: ['ava', '--tap'], env: { NODE_OPTIONS: '--import=tsx/esm' } },
  pino: { prepare: [['npm', 'run', 'transpile']], command: [...BORP_TAP, '--timeout', '600000'] },
  undici: {
    prepare: [['npm', 'run', 'generate-pem']],
    command: [...BORP_TAP, '--timeout', '600000', '--expose-gc', '--pattern'],
    tests: ['test/*.js'],
  },
  ws: { command: ['mocha', '--throw-deprecation', '--reporter', 'tap'], tests: ['test/*.test.js'] },
};
