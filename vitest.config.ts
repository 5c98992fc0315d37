import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{unit,property,integration,e2e}/**/*.test.ts'],
    // Real sockets and real servers on two noisy cores: the bound is there to end a hang, not to measure.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
