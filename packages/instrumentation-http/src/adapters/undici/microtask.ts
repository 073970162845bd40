const SETTLED = Promise.resolve();

/**
 * Runs `fn`, which must not throw, once the code that runs now is over. For what is done with each request:
 * `queueMicrotask` makes an `AsyncResource` each time, twice as dear.
 */
export function runInMicrotask(fn: () => void): void {
  void SETTLED.then(fn);
}
