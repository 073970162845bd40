/** Node's handle of one signal, `signal_wrap` (lib/internal/process/signal.js of Node 22 to 26). */
interface SignalHandle {
  start(signal: number): number;
  close(): void;
}

/** When the application begins to listen to a signal, and when it listens to one no more. */
export interface SignalHandleEvents {
  started(signal: number): void;
  closed(): void;
}

/** Signals without any effect; two, as whoever listens to one already has its handle. */
const WITHOUT_EFFECT = ['SIGWINCH', 'SIGURG'] as const;

/**
 * Watches Node begin and cease to listen to signals for the application. The 'newListener' and 'removeListener' of
 * `process` would say it too, but listeners of ours are seen and counted.
 *
 * The class of the handles has no name outside of Node: one of them shows itself while it gets its `onsignal`.
 *
 * @returns whether that worked
 */
export function watchSignalHandles(events: SignalHandleEvents): boolean {
  const handle = firstHandle();
  if (!handle) return false;
  const prototype = Object.getPrototypeOf(handle) as SignalHandle;
  const { start, close } = prototype;
  define(prototype, 'start', function (this: SignalHandle, signal: number): number {
    events.started(signal);
    return start.call(this, signal);
  });
  // Of the class above it, which all handles share; on this one it is for signals alone.
  define(prototype, 'close', function (this: SignalHandle, ...rest: []): void {
    close.call(this, ...rest);
    events.closed();
  });
  return true;
}

function firstHandle(): SignalHandle | undefined {
  let found: SignalHandle | undefined;
  const listener = (): void => {};
  try {
    Reflect.defineProperty(Object.prototype, 'onsignal', {
      configurable: true,
      set(this: SignalHandle, value: unknown) {
        found ??= this;
        Object.defineProperty(this, 'onsignal', { configurable: true, enumerable: true, writable: true, value });
      },
    });
    const signal = WITHOUT_EFFECT.find((name) => process.listenerCount(name) === 0);
    if (signal) process.on(signal, listener).off(signal, listener);
  } catch {
    // A frozen Object.prototype.
  } finally {
    Reflect.deleteProperty(Object.prototype, 'onsignal');
  }
  return found;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { configurable: true, enumerable: false, writable: true, value });
}
