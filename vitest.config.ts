import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'testing/**/*.test.ts'],
    // Compiled copies of the tests lie in dist.
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Processes, not threads: tests map memory, change the environment and start children.
    pool: 'forks',
    // Limits against hanging only; a test under a busy neighbour may take long without being wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
