import { redisContract } from '../../../test/redis-contract.ts';

redisContract('ioredis', import.meta.url, ['ioredis-5-0']);
