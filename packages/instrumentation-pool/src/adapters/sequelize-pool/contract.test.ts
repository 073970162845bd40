import { libraryContract } from '@foreshock/testkit';
import { poolContract, refused } from '../../../test/pool-contract.ts';
import { poolMutants } from '../../../test/mutants.ts';
import { sequelizePool } from './index.ts';

libraryContract(sequelizePool, import.meta.url, {
  ...poolContract('sequelize-pool', refused, { listeners: 'it emits nothing' }),
  mutants: poolMutants,
});
