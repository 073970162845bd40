import { startedOnce, libraryContract, startPostgres } from '@foreshock/testkit';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { poolMutants } from '../../../test/mutants.ts';
import { pgPool } from './index.ts';

const server = startedOnce(startPostgres);

libraryContract(pgPool, import.meta.url, {
  env: async () => ({ url: (await server()).url }),
  ...databasePoolContract('postgresql', { attributes: { 'error.type': '3D000' } }),
  mutants: poolMutants,
  versions: { 'pg-8-0': { libraries: { 'pg-pool': 'pg-pool-3-2' } } },
});
