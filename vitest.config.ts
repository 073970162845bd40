import { defineConfig } from 'vitest/config';

// Packages of this repository are tested from their sources.
const conditions = ['@foreshock/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      '**/dist/**',
      'test/backends/**',
      'test/install/**',
      'test/bench/**',
      'test/bench-explain/**',
    ],
    globalSetup: ['packages/testkit/src/vitest-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
