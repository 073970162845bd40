/* Pools of anything: their one span is the wait, so each call of the fixtures is one that waits. */
import type { AdapterContract, LibraryContract } from '@foreshock/testkit';

/** A connection that cannot be opened. */
export const refused = { status: { code: 'ERROR', message: 'refused' }, attributes: { 'error.type': 'Error' } };

/** What the contracts of pools have in common. */
export function poolContract(
  name: string,
  error: Record<string, unknown>,
  skip: AdapterContract['skip'] = {},
): LibraryContract {
  return {
    ownTraces: ['pool.saturated'],
    expect: {
      span: {
        name: `pool.acquire ${name}`,
        kind: 'INTERNAL',
        attributes: {
          'db.client.connection.pool.name': name,
          'pool.used': 0,
          'pool.limit': 1,
          'pool.wait_reason': 'connect',
        },
      },
      error: { name: `pool.acquire ${name}`, ...error },
    },
    skip: { callback: 'it has promises only', ...skip },
  };
}
