import { adapterContract, startMariaDb, type AdapterContract, type MariaDb } from '@foreshock/testkit';
import { afterAll } from 'vitest';

const servers: MariaDb[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const contract: AdapterContract = {
  library: 'mysql2',
  instrumentation: {
    module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
    export: 'poolsWithQueries',
  },
  fixture: new URL('./fixture.mjs', import.meta.url),
  fixtureCjs: new URL('./fixture.cjs', import.meta.url),
  env: async () => {
    const server = await startMariaDb();
    servers.push(server);
    return { url: server.url };
  },
  ownTraces: ['pool.saturated'],
  upstream: '@opentelemetry/instrumentation-mysql2',
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'mariadb', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '1146' } },
  },
};

adapterContract(contract);
adapterContract({ ...contract, libraries: { mysql2: 'mysql2-3-0' } });
