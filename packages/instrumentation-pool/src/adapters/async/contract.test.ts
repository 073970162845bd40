import { libraryContract } from '@foreshock/testkit';
import { limiterContract } from '../../../test/limiter-contract.ts';
import { async } from './index.ts';

libraryContract(async, import.meta.url, limiterContract('async.queue'));
