/* Limiters of tasks: their one span is the wait, so each call of the fixtures is one that waits. */
import type { AdapterContract, LibraryContract } from '@foreshock/testkit';

/**
 * What the contracts of limiters have in common.
 *
 * @param name how the limiter of the fixture is called
 * @param attributes of the wait, beside those that all have
 */
export function limiterContract(
  name: string,
  skip: AdapterContract['skip'] = {},
  attributes: Record<string, unknown> = {},
): LibraryContract {
  return {
    closures: true,
    expect: {
      span: {
        name: `pool.acquire ${name}`,
        kind: 'INTERNAL',
        attributes: {
          'pool.name': name,
          'pool.used': 1,
          'pool.limit': 1,
          'pool.wait_reason': 'queue',
          ...attributes,
        },
      },
    },
    skip: {
      'error status': 'what a task fails with is no failure of its wait; tasks that are never begun: limiters.test.ts',
      identity: 'its queues and limits are closures: compared in limiters.test.ts',
      listeners: 'nothing is listened to',
      ...skip,
    },
  };
}
