import { detached } from './caller.ts';
import { report } from './guard.ts';

/**
 * `setTimeout` outside any trace; unreferenced, errors are reported.
 *
 * Not `AsyncLocalStorage.snapshot()`: its `AsyncResource` gives hooks enabled later a `before` without `init`.
 *
 * @param place for {@link report}
 */
export function detachedTimeout(place: string, fn: () => void, ms: number): NodeJS.Timeout {
  return detached(setTimeout, undefined, [reporting(place, fn), ms]).unref();
}

/** `setInterval`, likewise. */
export function detachedInterval(place: string, fn: () => void, ms: number): NodeJS.Timeout {
  return detached(setInterval, undefined, [reporting(place, fn), ms]).unref();
}

function reporting(place: string, fn: () => void): () => void {
  return () => {
    try {
      fn();
    } catch (error) {
      report(place, error);
    }
  };
}
