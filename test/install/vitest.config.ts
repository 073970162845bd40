import { defineConfig } from 'vitest/config';
import { base } from '../../vitest.config.ts';

// As a user has it: Yarn's archives, too.
delete process.env['NODE_COMPILE_CACHE'];

// What a user installs: packages as they are published, by several package managers, and frameworks that are large.
export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: { ...base.test, include: ['test/install/*.test.ts'], exclude: ['**/node_modules/**'] },
});
