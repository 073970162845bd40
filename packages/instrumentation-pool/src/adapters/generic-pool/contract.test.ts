import { poolContract } from '../../../test/pool-contract.ts';

poolContract({
  library: 'generic-pool',
  folder: import.meta.url,
  lowest: 'generic-pool-3-0',
  upstream: '@opentelemetry/instrumentation-generic-pool',
  error: { status: { code: 'ERROR', message: 'max waitingClients count exceeded' }, attributes: { 'pool.used': 1 } },
});
