import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { base } from '../../vitest.config.ts';

const root = new URL('../..', import.meta.url).pathname;
/** Or versions, or a server that `npm test` does not build. */
const usesNodes = (file: string): boolean =>
  /\b(?:NODES|testedVersions|startMongoDbIfPossible)\b/.test(readFileSync(root + file, 'utf8'));

// The contracts of all adapters on each supported Node, with the versions of `npm test`, and on the others what it runs
// on one Node only; the demo's default profile, of which `npm test` plays the full one.
export default defineConfig({
  ...base,
  root,
  test: {
    ...base.test,
    include: [
      'packages/*/src/adapters/*/contract.test.ts',
      'test/matrix/*.test.ts',
      ...globSync(['packages/*/test/*.test.ts', 'test/*/*.test.ts'], { cwd: root }).filter(usesNodes),
    ],
    env: { FORESHOCK_TEST_MATRIX: 'all' },
    isolate: false,
  },
});
