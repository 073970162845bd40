import { libraryContract } from '@foreshock/testkit';
import { poolContract, refused } from '../../../test/pool-contract.ts';
import { tarn } from './index.ts';

libraryContract(
  tarn,
  import.meta.url,
  poolContract('tarn', refused, {
    identity: 'acquire() returns an operation that holds the promise: compared in pools.test.ts',
  }),
);
