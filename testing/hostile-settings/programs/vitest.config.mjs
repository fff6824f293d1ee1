const project = (setting, options) => ({
  test: { name: setting, include: ['runner.check.mjs'], globals: true, env: { SETTING: setting }, ...options },
});

export default {
  test: {
    // Tests that take longer than this are printed one by one.
    slowTestThreshold: 600_000,
    projects: [
      project('vitest, forks', { pool: 'forks' }),
      project('vitest, threads', { pool: 'threads' }),
      project('vitest, vmThreads', { pool: 'vmThreads' }),
      project('vitest, vmForks', { pool: 'vmForks' }),
      project('vitest, jsdom', { environment: 'jsdom' }),
    ],
  },
};
