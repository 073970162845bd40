import { libraryContract, startPostgres, type Postgres } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { dbMutants } from '../../../test/mutants.ts';
import { pg } from './index.ts';

const servers: Postgres[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

libraryContract(pg, import.meta.url, {
  instrumentation: {
    module: new URL('../../../../instrumentation-pool/test/with-queries.ts', import.meta.url).href,
    export: 'poolsWithQueries',
  },
  env: async () => {
    const server = await startPostgres();
    servers.push(server);
    return { url: server.url };
  },
  mutants: dbMutants,
  versions: { 'pg-8-0': { libraries: { 'pg-pool': 'pg-pool-3-2' } } },
  expect: {
    span: {
      name: 'SELECT',
      kind: 'CLIENT',
      attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT ? AS one' },
    },
    error: { name: 'SELECT missing', attributes: { 'error.type': '42P01' } },
  },
});
