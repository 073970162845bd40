import { isPromise } from 'node:util/types';

/**
 * Watches what a handler returned, for a library that itself awaits it, so that watching hides no
 * unhandled rejection.
 *
 * @returns what the library is to be given: `result` itself. Only a thenable that is no promise is
 * replaced by the promise of it, since it may do its work at each `then` (a knex query does).
 */
export function whenSettled(
  result: unknown,
  succeeded: (value: unknown) => void,
  failed: (error: unknown) => void,
): unknown {
  if (isPromise(result)) {
    result.then(succeeded, failed);
    return result;
  }
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === 'function') {
    const promise = Promise.resolve(result);
    promise.then(succeeded, failed);
    return promise;
  }
  succeeded(result);
  return result;
}
