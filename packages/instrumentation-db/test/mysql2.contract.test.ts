import { adapterContract, startMariaDb, type MariaDb } from '@foreshock/testkit';
import { afterAll } from 'vitest';

let server: MariaDb | undefined;
afterAll(() => server?.stop());

adapterContract({
  library: 'mysql2',
  instrumentation: { module: '@foreshock/instrumentation-db', export: 'dbInstrumentation' },
  fixture: new URL('./fixtures/mysql2.mjs', import.meta.url),
  fixtureCjs: new URL('./fixtures/mysql2.cjs', import.meta.url),
  env: async () => {
    server = await startMariaDb();
    return { url: server.url };
  },
  ownTraces: ['pool.saturated'],
  upstream: '@opentelemetry/instrumentation-mysql2',
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'mysql', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '1146' } },
  },
});
