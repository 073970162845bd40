import { libraryContract } from '@foreshock/testkit';
import { redisContract } from '../../../test/redis-contract.ts';
import { cacheMutants } from '../../../test/mutants.ts';
import { ioredis } from './index.ts';

libraryContract(ioredis, import.meta.url, { ...redisContract(), mutants: cacheMutants });
