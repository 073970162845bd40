import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { base } from '../../vitest.config.ts';

const root = new URL('../..', import.meta.url).pathname;
const contracts = globSync('packages/*/src/adapters/*/contract.test.ts', { cwd: root });

// Each check of the contracts, with a fault in our source that it must find.
export default defineConfig({
  ...base,
  root,
  test: {
    ...base.test,
    include: contracts.filter((file) =>
      readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').includes('mutants'),
    ),
    env: { FORESHOCK_TEST_MUTANTS: 'all' },
    isolate: false,
    // Of several contracts in a file, one has the mutants.
    passWithNoTests: true,
  },
});
