import { libraryContract } from '@foreshock/testkit';
import { redisContract } from '../../../test/redis-contract.ts';
import { redis } from './index.ts';

libraryContract(redis, import.meta.url, {
  ...redisContract,
  also: ['redis-5-0'],
  versions: {
    'redis-4-0': {
      skip: { callback: 'redis 4 has callbacks only in a mode of its own, in which there are no promises' },
    },
  },
});
