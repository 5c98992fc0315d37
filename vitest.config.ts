import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

function source(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}

export default defineConfig({
  resolve: {
    // Examples import the package by its name, as everybody does; here that means the sources.
    alias: [
      { find: /^foulweather$/, replacement: source('src/index.ts') },
      { find: /^foulweather\/client$/, replacement: source('src/client/index.ts') },
    ],
  },
  test: {
    include: ['test/{unit,property,integration,e2e}/**/*.test.ts', 'examples/vitest/**/*.test.ts'],
    // Real sockets and real servers on two noisy cores: the bound is there to end a hang, not to measure.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/property-seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
})
