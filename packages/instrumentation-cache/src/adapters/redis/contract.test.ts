import { libraryContract } from '@foreshock/testkit';
import { cacheMutants } from '../../../test/mutants.ts';
import { redisContract } from '../../../test/redis-contract.ts';
import { redis } from './index.ts';

const skip = { callback: 'redis 4 has callbacks only in a mode of its own, in which there are no promises' };

libraryContract(redis, import.meta.url, {
  ...redisContract(),
  mutants: cacheMutants,
  also: ['redis-5-0'],
  versions: {
    'redis-4-0': { skip },
    'redis-4-7': { skip },
  },
});
