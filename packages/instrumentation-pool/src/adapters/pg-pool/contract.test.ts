import { libraryContract, startPostgres, type Postgres } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { pgPool } from './index.ts';

let server: Promise<Postgres> | undefined;
afterAll(async () => (await server)?.stop());

libraryContract(pgPool, import.meta.url, {
  env: async () => ({ url: (await (server ??= startPostgres())).url }),
  ...databasePoolContract('postgresql', { attributes: { 'error.type': '3D000' } }),
  versions: { 'pg-8-0': { libraries: { 'pg-pool': 'pg-pool-3-2' } } },
});
