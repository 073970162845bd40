import { adapterContract, startPostgres, type Postgres } from '@foreshock/testkit';
import { afterAll } from 'vitest';

let server: Postgres | undefined;
afterAll(() => server?.stop());

adapterContract({
  library: 'pg',
  instrumentation: { module: '@foreshock/instrumentation-db', export: 'dbInstrumentation' },
  fixture: new URL('./fixtures/pg.mjs', import.meta.url),
  fixtureCjs: new URL('./fixtures/pg.cjs', import.meta.url),
  env: async () => {
    server = await startPostgres();
    return { url: server.url };
  },
  ownTraces: ['pool.saturated'],
  upstream: '@opentelemetry/instrumentation-pg',
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '42P01' } },
  },
});
