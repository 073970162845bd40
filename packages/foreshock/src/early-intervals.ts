import { syncBuiltinESMExports } from 'node:module';

type Callback = (this: unknown, ...args: unknown[]) => unknown;
type Timers = { setInterval: (this: unknown, ...args: any[]) => any };

/** Makes jobs of intervals set before the preload. `setInterval` stays wrapped around the preload's. */
export function keepIntervals(): { passOn: () => void } {
  const timers = process.getBuiltinModule('node:timers') as unknown as Timers;
  const global = globalThis as unknown as Timers;
  const original = timers.setInterval;
  /** As the preload's `setInterval` does. */
  let asJob: ((callback: Callback, rest: unknown[]) => Callback) | undefined;
  let taken: Callback | undefined;
  let isTaking = false;

  const keeping = function setInterval(this: unknown, callback: unknown, ...rest: unknown[]): unknown {
    if (isTaking) return void (taken = callback as Callback);
    if (asJob || typeof callback !== 'function') return Reflect.apply(original, this, [callback, ...rest]);
    let job: Callback | undefined;
    const run = function (this: unknown, ...args: unknown[]): unknown {
      job ??= asJob?.(callback as Callback, rest);
      return Reflect.apply(job ?? (callback as Callback), this, args);
    };
    return Reflect.apply(original, this, [run, ...rest]);
  };
  const isGlobal = global.setInterval === original;
  timers.setInterval = keeping;
  if (isGlobal) global.setInterval = keeping;
  syncBuiltinESMExports();

  return {
    passOn() {
      const wrapped = timers.setInterval;
      asJob = (callback, rest) => {
        isTaking = true;
        taken = undefined;
        try {
          wrapped(callback, ...rest);
        } finally {
          isTaking = false;
        }
        return taken ?? callback;
      };
    },
  };
}
