import { redisContract } from '../../../test/redis-contract.ts';

redisContract('redis', import.meta.url, ['redis-5-0', 'redis-4-0']);
