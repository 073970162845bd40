import { defineConfig } from 'vitest/config';
import { base } from '../../vitest.config.ts';

// The contracts of all adapters, with every installed version of their libraries, on each supported Node.
export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...base.test,
    include: ['packages/*/src/adapters/*/contract.test.ts'],
    env: { FORESHOCK_TEST_MATRIX: 'all' },
    isolate: false,
  },
});
