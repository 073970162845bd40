import { startedOnce, libraryContract, startMariaDb } from '@foreshock/testkit';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { mariadbPool } from './index.ts';

const server = startedOnce(startMariaDb);

libraryContract(mariadbPool, import.meta.url, {
  env: async () => ({ url: (await server()).url }),
  ...databasePoolContract('mariadb', { attributes: { 'error.type': 'timeout' } }),
});
