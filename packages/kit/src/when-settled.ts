import { isPromise } from 'node:util/types';
import { guard } from './guard.ts';

/**
 * Observes a result that a library awaits, without hiding an unhandled rejection.
 *
 * @returns `result`; of a thenable (knex) a promise, as each `then` may run its work
 */
export function whenSettled(
  result: unknown,
  succeeded: (value: unknown) => void,
  failed: (error: unknown) => void,
): unknown {
  return guard(PLACE, () => observe(result, succeeded, failed)) ?? result;
}

const PLACE = 'observing a result';

function observe(result: unknown, succeeded: (value: unknown) => void, failed: (error: unknown) => void): unknown {
  let settling = result;
  if (!isPromise(result)) {
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      succeeded(result);
      return result;
    }
    settling = Promise.resolve(result);
  }
  // A subclass may override `then`.
  Promise.prototype.then.call(
    settling as Promise<unknown>,
    (value: unknown) => void guard(PLACE, () => succeeded(value)),
    (error: unknown) => void guard(PLACE, () => failed(error)),
  );
  return settling;
}
