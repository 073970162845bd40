import { libraryContract } from '@foreshock/testkit';
import { redisContract } from '../../../test/redis-contract.ts';
import { iovalkey } from './index.ts';

libraryContract(iovalkey, import.meta.url, redisContract());
