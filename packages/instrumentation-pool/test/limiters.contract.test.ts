/* Limiters of tasks: their one span is the wait, so each call of the fixtures is one that waits. */
import { adapterContract, type AdapterContract } from '@foreshock/testkit';

interface Limiter {
  library: string;
  /** Aliases of other versions than the newest. */
  versions: string[];
  name?: string;
  skip?: AdapterContract['skip'];
}

const closures = 'its queues and limits are closures: compared in limiters.test.ts';

const limiters: Limiter[] = [
  { library: 'p-queue', versions: ['p-queue-2', 'p-queue-6', 'p-queue-10'] },
  { library: 'p-limit', versions: ['p-limit-3-0', 'p-limit-4'] },
  { library: 'fastq', versions: ['fastq-1-6'] },
  { library: 'async', versions: ['async-2'], name: 'async.queue' },
  { library: 'bottleneck', versions: [], name: 'mailer' },
  { library: 'cockatiel', versions: ['cockatiel-3'], name: 'bulkhead' },
  { library: 'piscina', versions: [], name: 'piscina-worker.cjs' },
];

for (const { library, versions, name = library, skip } of limiters) {
  const contract: AdapterContract = {
    library,
    instrumentation: { module: '@foreshock/instrumentation-pool', export: 'poolInstrumentation' },
    fixture: new URL(`./fixtures/${library}.mjs`, import.meta.url),
    fixtureCjs: new URL(`./fixtures/${library}.cjs`, import.meta.url),
    ownTraces: ['pool.saturated'],
    closures: true,
    expect: {
      span: {
        name: `pool.acquire ${name}`,
        kind: 'INTERNAL',
        attributes: { 'pool.name': name, 'pool.used': 1, 'pool.limit': 1, 'pool.wait_reason': 'queue' },
      },
    },
    skip: {
      'error status': 'what a task fails with is no failure of its wait; tasks that are never begun: limiters.test.ts',
      identity: closures,
      listeners: 'nothing is listened to',
      'stands aside': 'nobody else instruments it',
      ...(library !== 'fastq' && library !== 'async' && { callback: 'it has promises only' }),
      ...skip,
    },
  };
  adapterContract(contract);
  for (const alias of versions) adapterContract({ ...contract, libraries: { [library]: alias } });
}
