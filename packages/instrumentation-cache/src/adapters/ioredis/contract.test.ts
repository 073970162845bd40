import { libraryContract } from '@foreshock/testkit';
import { redisContract } from '../../../test/redis-contract.ts';
import { ioredis } from './index.ts';

libraryContract(ioredis, import.meta.url, redisContract());
