import { startedOnce, libraryContract, startRedis } from '@foreshock/testkit';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { redisPool } from './index.ts';

const server = startedOnce(startRedis);

libraryContract(redisPool, import.meta.url, {
  env: async () => ({ url: (await server()).url }),
  ...databasePoolContract('redis', { attributes: { 'error.type': 'timeout' } }),
  skip: { callback: 'it has promises only' },
});
