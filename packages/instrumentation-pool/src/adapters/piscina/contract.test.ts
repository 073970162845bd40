import { libraryContract } from '@foreshock/testkit';
import { limiterContract } from '../../../test/limiter-contract.ts';
import { poolMutants } from '../../../test/mutants.ts';
import { piscina } from './index.ts';

libraryContract(piscina, import.meta.url, {
  // The task before was posted to an idle thread.
  ...limiterContract('piscina-worker.cjs', { callback: 'it has promises only' }, { 'pool.holder.operation': 'caller' }),
  mutants: poolMutants,
});
