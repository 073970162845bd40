import { libraryContract, startMariaDb, type MariaDb } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { dbMutants } from '../../../test/mutants.ts';
import { mysql2 } from './index.ts';

const servers: MariaDb[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

libraryContract(mysql2, import.meta.url, {
  instrumentation: {
    module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
    export: 'poolsWithQueries',
  },
  env: async () => {
    const server = await startMariaDb();
    servers.push(server);
    return { url: server.url };
  },
  mutants: dbMutants,
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'mariadb', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '1146' } },
  },
});
