import { detached } from './caller.ts';
import { report } from './guard.ts';

/**
 * `setTimeout` in no trace, unreferenced, with errors reported.
 *
 * `AsyncLocalStorage.snapshot()` gives later async hooks a `before` without `init`.
 */
export function detachedTimeout(place: string, fn: () => void, ms: number): NodeJS.Timeout {
  return detached(setTimeout, undefined, [reporting(place, fn), ms]).unref();
}

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
