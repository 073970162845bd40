import { observed, type Adapter, type AnyFunction } from '@foreshock/kit';
import type { ResilienceEvents, Retry } from '../../events.ts';
import { takeRetryOfCaller } from '../../retry-function.ts';

const NAME = 'retry';

/** lib/retry_operation.js */
interface Operation {
  readonly _timeouts: readonly unknown[];
  readonly _cachedTimeouts?: readonly unknown[] | null;
}

/**
 * retry 0.12 and 0.13: `attempt(fn)` calls `fn` at once and after each delay, `retry(error)` says whether another attempt
 * follows; a call without an error is the success.
 */
export const retry: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=0.12.0 <0.14',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'attempts, delay, of operations; those of `async-retry` and `p-retry` are theirs',
  attach(resilience, hooks) {
    const retries = new WeakMap<Operation, Retry>();
    hooks.onLoad('retry/lib/retry_operation.js', ({ exports: { prototype } }) => {
      hooks.before(prototype, 'attempt', (operation: Operation, args: unknown[]) => {
        const [fn] = args;
        if (takeRetryOfCaller() || typeof fn !== 'function') return;
        const { _timeouts, _cachedTimeouts } = operation;
        const made = resilience.retry(operation, NAME, _cachedTimeouts ? undefined : _timeouts.length + 1);
        retries.set(operation, made);
        args[0] = observed(
          fn as AnyFunction,
          { begin: () => made.begin(), within: (attempt) => attempt },
          'retry attempt',
          hooks,
        );
      });
      hooks.after(prototype, 'retry', (isAgain: boolean, operation: Operation, [error]: [unknown]) => {
        const made = retries.get(operation);
        if (isAgain) made?.failed(error);
        else if (error) made?.ended('failure', error);
        else made?.ended('success');
      });
    });
  },
};
