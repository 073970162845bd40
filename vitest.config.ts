import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// Compiling is a third of a start, of vitest's processes and of the applications that tests start.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled/', import.meta.url));

// Packages of this repository are tested from their sources.
const conditions = ['@foreshock/source', 'node'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: conditions } };

/** What every test of the repository runs with. */
const common = {
  pool: 'forks',
  // Of two cores: many tests wait for timers and servers.
  maxWorkers: 3,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // The default is one second.
  expect: { poll: { timeout: 30_000 } },
} as const;

/** For other configurations: tests against the shared servers, without a choice of files. */
export const base = {
  resolve,
  ssr,
  test: { ...common, globalSetup: ['packages/testkit/src/vitest-setup.ts'] },
};

const never = ['**/node_modules/**', '**/dist/**', 'test/{backends,install,bench,bench-explain}/**'];
/** Of functions, and of child processes: they change nothing that another file would see. */
const sharing = [
  'packages/*/src/**/*.test.ts',
  'packages/{chaos,explain,foreshock,kit,view}/test/**/*.test.ts',
  'packages/instrumentation-db/test/sql-fuzz.test.ts',
  'packages/instrumentation-http/test/{applications,fastify-start,nestjs,parity,pools,variants,websockets}.test.ts',
  'packages/instrumentation-logs/test/{console,nest,pino-service}.test.ts',
  'packages/instrumentation-pool/test/threads.test.ts',
  'packages/instrumentation-queue/test/{nestjs,preload,two-processes}.test.ts',
  'packages/instrumentation-schedule/test/{intervals,loops,nestjs,orders,schedulers}.test.ts',
  'packages/testkit/test/{adapter-contract,collector,mutants}.test.ts',
  'test/*.test.ts',
  'test/crash/*.test.ts',
];

function project(test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration {
  return { resolve, ssr, test: { ...common, ...test } };
}

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: [
      project({
        name: 'in a process of its own',
        include: ['packages/*/test/**/*.test.ts'],
        exclude: [...never, ...sharing],
      }),
      // A new process costs a file 0.4 s.
      project({ name: 'in a shared process', include: sharing, exclude: never, isolate: false }),
    ],
  },
});
