import { libraryContract } from '@foreshock/testkit';
import { poolContract } from '../../../test/pool-contract.ts';
import { poolMutants } from '../../../test/mutants.ts';
import { genericPool } from './index.ts';

libraryContract(genericPool, import.meta.url, {
  ...poolContract('generic-pool', {
    status: { code: 'ERROR', message: 'max waitingClients count exceeded' },
    attributes: { 'pool.used': 1 },
  }),
  mutants: poolMutants,
});
