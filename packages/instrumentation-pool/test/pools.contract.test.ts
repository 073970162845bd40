/* Pools of anything: their one span is the wait, so each call of the fixtures is one that waits. */
import { adapterContract, type AdapterContract } from '@foreshock/testkit';

function contractOf(
  library: string,
  error: Record<string, unknown>,
  more: Partial<AdapterContract> = {},
): AdapterContract {
  return {
    library,
    instrumentation: { module: '@foreshock/instrumentation-pool', export: 'poolInstrumentation' },
    fixture: new URL(`./fixtures/${library}.mjs`, import.meta.url),
    fixtureCjs: new URL(`./fixtures/${library}.cjs`, import.meta.url),
    ownTraces: ['pool.saturated'],
    ...more,
    expect: {
      span: {
        name: `pool.acquire ${library}`,
        kind: 'INTERNAL',
        attributes: {
          'db.client.connection.pool.name': library,
          'pool.used': 0,
          'pool.limit': 1,
          'pool.wait_reason': 'connect',
        },
      },
      error: { name: `pool.acquire ${library}`, ...error },
    },
    skip: { callback: 'it has promises only', ...more.skip },
  };
}

const refused = { status: { code: 'ERROR', message: 'refused' }, attributes: { 'error.type': 'Error' } };

const contracts = [
  contractOf('tarn', refused, {
    skip: {
      identity: 'acquire() returns an operation that holds the promise: compared in pools.test.ts',
      'stands aside': 'nobody else instruments it',
    },
  }),
  contractOf(
    'generic-pool',
    { status: { code: 'ERROR', message: 'max waitingClients count exceeded' }, attributes: { 'pool.used': 1 } },
    { upstream: '@opentelemetry/instrumentation-generic-pool' },
  ),
  contractOf('sequelize-pool', refused, {
    skip: {
      listeners: 'it emits nothing',
      'stands aside': 'nobody else instruments it',
    },
  }),
];
const LOWEST: Record<string, string> = {
  tarn: 'tarn-3-0',
  'generic-pool': 'generic-pool-3-0',
  'sequelize-pool': 'sequelize-pool-6',
};

for (const contract of contracts) {
  adapterContract(contract);
  adapterContract({ ...contract, libraries: { [contract.library]: LOWEST[contract.library]! } });
}
