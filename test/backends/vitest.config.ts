import { defineConfig } from 'vitest/config';

const conditions = ['@foreshock/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    include: ['test/backends/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    // The first run on a machine may have to build Jaeger.
    hookTimeout: 40 * 60_000,
  },
});
