/* Limiters of tasks: their one span is the wait, so each call of the fixtures is one that waits. */
import { adapterContract, type AdapterContract } from '@foreshock/testkit';

interface Limiter {
  library: string;
  /** Its folder, such as `import.meta.url`. */
  folder: string;
  /** Aliases of other versions than the newest. */
  versions?: string[];
  /** How the pool of the fixture is called; default as the library. */
  name?: string;
  hasCallbacks?: boolean;
}

export function limiterContract({ library, folder, versions = [], name = library, hasCallbacks }: Limiter): void {
  const contract: AdapterContract = {
    library,
    instrumentation: { module: '@foreshock/instrumentation-pool', export: 'poolInstrumentation' },
    fixture: new URL('./fixture.mjs', folder),
    fixtureCjs: new URL('./fixture.cjs', folder),
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
      identity: 'its queues and limits are closures: compared in limiters.test.ts',
      listeners: 'nothing is listened to',
      'stands aside': 'nobody else instruments it',
      ...(!hasCallbacks && { callback: 'it has promises only' }),
    },
  };
  adapterContract(contract);
  for (const alias of versions) adapterContract({ ...contract, libraries: { [library]: alias } });
}
