import { libraryContract } from '@foreshock/testkit';
import { limiterContract } from '../../../test/limiter-contract.ts';
import { pLimit } from './index.ts';

libraryContract(pLimit, import.meta.url, {
  ...limiterContract('p-limit', { callback: 'it has promises only' }),
  also: ['p-limit-4'],
});
