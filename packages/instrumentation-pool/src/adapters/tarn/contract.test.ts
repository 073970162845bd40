import { poolContract, refused } from '../../../test/pool-contract.ts';

poolContract({
  library: 'tarn',
  folder: import.meta.url,
  lowest: 'tarn-3-0',
  error: refused,
  skip: {
    identity: 'acquire() returns an operation that holds the promise: compared in pools.test.ts',
    'stands aside': 'nobody else instruments it',
  },
});
