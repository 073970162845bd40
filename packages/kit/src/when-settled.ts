import { isPromise } from 'node:util/types';
import { guard } from './guard.ts';

/**
 * Watches the result of an application's function for a library that awaits it, so that watching hides no unhandled
 * rejection. An error of what is called when it settles is reported.
 *
 * @returns what the library is to be given: `result` itself. Only a thenable that is no promise is replaced by the
 * promise of it, since it may do its work at each `then` (a knex query does).
 */
export function whenSettled(
  result: unknown,
  succeeded: (value: unknown) => void,
  failed: (error: unknown) => void,
): unknown {
  return guard(WATCHING, () => watch(result, succeeded, failed)) ?? result;
}

const WATCHING = 'watching a result';

function watch(result: unknown, succeeded: (value: unknown) => void, failed: (error: unknown) => void): unknown {
  let settling = result;
  if (!isPromise(result)) {
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      succeeded(result);
      return result;
    }
    settling = Promise.resolve(result);
  }
  // Not the promise's own `then`: a subclass may have put something behind it.
  Promise.prototype.then.call(
    settling as Promise<unknown>,
    (value: unknown) => void guard(WATCHING, () => succeeded(value)),
    (error: unknown) => void guard(WATCHING, () => failed(error)),
  );
  return settling;
}
