import { libraryContract } from '@foreshock/testkit';
import { limiterContract } from '../../../test/limiter-contract.ts';
import { pQueue } from './index.ts';

libraryContract(pQueue, import.meta.url, {
  ...limiterContract('p-queue', { callback: 'it has promises only' }),
  also: ['p-queue-6', 'p-queue'],
});
