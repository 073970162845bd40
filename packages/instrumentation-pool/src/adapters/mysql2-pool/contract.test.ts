import { startedOnce, libraryContract, startMariaDb } from '@foreshock/testkit';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { mysql2Pool } from './index.ts';

const server = startedOnce(startMariaDb);

libraryContract(mysql2Pool, import.meta.url, {
  env: async () => ({ url: (await server()).url }),
  ...databasePoolContract('mysql', { attributes: { 'error.type': '1049' } }),
});
