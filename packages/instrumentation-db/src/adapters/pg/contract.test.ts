import { adapterContract, startPostgres, type AdapterContract, type Postgres } from '@foreshock/testkit';
import { afterAll } from 'vitest';

const servers: Postgres[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const contract: AdapterContract = {
  library: 'pg',
  instrumentation: {
    module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
    export: 'poolsWithQueries',
  },
  fixture: new URL('./fixture.mjs', import.meta.url),
  fixtureCjs: new URL('./fixture.cjs', import.meta.url),
  env: async () => {
    const server = await startPostgres();
    servers.push(server);
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
};

adapterContract(contract);
adapterContract({ ...contract, libraries: { pg: 'pg-8-0', 'pg-pool': 'pg-pool-3-2' } });
