const SETTLED = Promise.resolve();

/** `fn` must not throw. `queueMicrotask` costs twice as much: it makes an `AsyncResource`. */
export function runInMicrotask(fn: () => void): void {
  void SETTLED.then(fn);
}
