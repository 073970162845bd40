import { detached } from './caller.ts';
import { report } from './guard.ts';

/**
 * `setTimeout` for work of ours: in no trace, although some request starts it; it does not keep the process alive, and
 * what it throws is reported.
 *
 * `AsyncLocalStorage.snapshot()` would leave the application's own storages too, but it makes an `AsyncResource`, of
 * which hooks of the application that were enabled later see `before` without `init`.
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
