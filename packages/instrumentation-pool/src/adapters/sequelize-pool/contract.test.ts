import { poolContract, refused } from '../../../test/pool-contract.ts';

poolContract({
  library: 'sequelize-pool',
  folder: import.meta.url,
  lowest: 'sequelize-pool-6',
  error: refused,
  skip: {
    listeners: 'it emits nothing',
    'stands aside': 'nobody else instruments it',
  },
});
