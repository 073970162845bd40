import { types } from 'node:util';
import { guard } from '@foreshock/kit';

/**
 * Hears of the end of something whose result a library awaits at once, so that one more handler hides no
 * unhandled rejection. A promise is returned as it is. Any other thenable, which may do its work only when its
 * `then` is called and again each time, is adopted: the library awaits the promise for it.
 */
export function whenSettled(value: unknown, succeeded: () => void, failed: (error: unknown) => void): unknown {
  let settling = value;
  if (!types.isPromise(value)) {
    if (typeof (value as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      guard('watching a result', succeeded);
      return value;
    }
    settling = Promise.resolve(value);
  }
  // Not the promise's own `then`: a subclass may have put something behind it.
  Promise.prototype.then.call(
    settling as Promise<unknown>,
    () => void guard('watching a result', succeeded),
    (error: unknown) => void guard('watching a result', () => failed(error)),
  );
  return settling;
}
