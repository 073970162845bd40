/* Pools of anything: their one span is the wait, so each call of the fixtures is one that waits. */
import { adapterContract, type AdapterContract } from '@foreshock/testkit';

interface Pool extends Pick<AdapterContract, 'library' | 'upstream' | 'skip'> {
  /** Its folder, such as `import.meta.url`. */
  folder: string;
  /** The alias of the lowest version. */
  lowest: string;
  error: Record<string, unknown>;
}

/** A connection that cannot be opened. */
export const refused = { status: { code: 'ERROR', message: 'refused' }, attributes: { 'error.type': 'Error' } };

export function poolContract({ library, folder, lowest, error, upstream, skip }: Pool): void {
  const contract: AdapterContract = {
    library,
    instrumentation: { module: '@foreshock/instrumentation-pool', export: 'poolInstrumentation' },
    fixture: new URL('./fixture.mjs', folder),
    fixtureCjs: new URL('./fixture.cjs', folder),
    ownTraces: ['pool.saturated'],
    ...(upstream && { upstream }),
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
    skip: { callback: 'it has promises only', ...skip },
  };
  adapterContract(contract);
  adapterContract({ ...contract, libraries: { [library]: lowest } });
}
