import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'testing/**/*.test.ts'],
    // Compiled copies of the tests lie in dist.
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Processes, not threads: tests map memory, change the environment and start children.
    pool: 'forks',
    // Most tests wait for processes that they started, or for limits of seconds; with one file for each core, a part of
    // the machine is idle. Beside other work, more processes also get a larger part of it.
    maxWorkers: availableParallelism() + 2,
    // Limits against hanging only; a test under a busy neighbour may take long without being wrong.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    env: {
      // On a busy machine a daemon may answer later than programs wait by default; they then go on unrecorded.
      RINGTAIL_REGISTER_TIMEOUT: '-1',
      // Most tests count the events of their programs. A test that wants the events of Node.js removes this variable.
      RINGTAIL_INSTRUMENT: '0',
    },
    // The default is a second.
    expect: { poll: { timeout: 150_000 } },
  },
});
