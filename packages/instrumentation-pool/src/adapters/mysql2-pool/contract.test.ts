import { libraryContract, startMariaDb, type MariaDb } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { mysql2Pool } from './index.ts';

let server: Promise<MariaDb> | undefined;
afterAll(async () => (await server)?.stop());

libraryContract(mysql2Pool, import.meta.url, {
  env: async () => ({ url: (await (server ??= startMariaDb())).url }),
  ...databasePoolContract('mysql', { attributes: { 'error.type': 'ER_BAD_DB_ERROR' } }),
});
