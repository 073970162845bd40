const SETTLED = Promise.resolve();

/** `fn` must not throw. `queueMicrotask` makes an `AsyncResource`: twice the cost. */
export function runInMicrotask(fn: () => void): void {
  void SETTLED.then(fn);
}
