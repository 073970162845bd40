import { startedOnce, libraryContract, startPostgres } from '@foreshock/testkit';
import { poolMutants } from '../../../test/mutants.ts';
import { databasePoolContract } from '../../../test/pool-contract.ts';
import { postgresPool } from './index.ts';

const server = startedOnce(startPostgres);
// The room alone: each call of a pool is a query, which would have a span beside the wait's.
const { instrumentation: _, ...expected } = databasePoolContract('postgresql', {
  attributes: { 'error.type': '3D000' },
});

libraryContract(postgresPool, import.meta.url, {
  env: async () => ({ url: (await server()).url }),
  closures: true,
  mutants: poolMutants,
  ...expected,
  skip: {
    callback: 'it has promises only',
    connections: 'the adapter of the driver keeps them out of traces: contract of the room db',
    listeners: 'it emits nothing',
  },
});
