import { types } from 'node:util';
import type { Returned } from './events.ts';

/**
 * Learns of the end of what a run returned.
 *
 * @param fn what returned it
 * @param ended called once, with what was thrown
 * @returns `result` itself
 */
export function observe<R>(
  result: R,
  fn: Function,
  returned: Returned,
  ended: (error?: { thrown: unknown }) => void,
): R {
  // Any other thenable may do its work when its `then` is called, and again each time.
  if (!types.isPromise(result)) {
    ended();
  } else if (returned === 'handled') {
    // Not the promise's own `then`: a subclass may have put something behind it.
    Promise.prototype.then.call(
      result,
      () => ended(),
      (error: unknown) => ended({ thrown: error }),
    );
  } else if (types.isAsyncFunction(fn)) {
    // Nobody else can have this promise: the rejection that nobody handles is that of the one made here.
    void Promise.prototype.then.call(
      result,
      () => ended(),
      (error: unknown) => {
        ended({ thrown: error });
        throw error;
      },
    );
  } else {
    // The application may hold it and handle its rejection: a handler of ours would change what is unhandled.
    ended();
  }
  return result;
}
