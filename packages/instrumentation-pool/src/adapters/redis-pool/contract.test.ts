import { libraryContract, startRedis, type Redis } from '@foreshock/testkit';
import { afterAll } from 'vitest';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { redisPool } from './index.ts';

let server: Promise<Redis> | undefined;
afterAll(async () => (await server)?.stop());

libraryContract(redisPool, import.meta.url, {
  env: async () => ({ url: (await (server ??= startRedis())).url }),
  ...databasePoolContract('redis', { attributes: { 'error.type': 'timeout' } }),
  skip: { callback: 'it has promises only' },
});
