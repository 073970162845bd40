/** `signal_wrap` (lib/internal/process/signal.js of Node 22 to 26). */
interface SignalHandle {
  start(signal: number): number;
  close(): void;
}

/** The application's first listener to a signal, and the end of its last. */
export interface SignalHandleEvents {
  started(signal: number): void;
  closed(): void;
}

/** Harmless signals; two, as the application may have a handle for one. */
const WITHOUT_EFFECT = ['SIGWINCH', 'SIGURG'] as const;

/**
 * Detects when Node starts and stops listening to the application's signals. Listeners to 'newListener' and
 * 'removeListener' of `process` would be visible.
 *
 * The handle class is private: an instance is found while `onsignal` is set on it.
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
  // Inherited from all handles; overridden here for signals only.
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
    // Object.prototype may be frozen.
  } finally {
    Reflect.deleteProperty(Object.prototype, 'onsignal');
  }
  return found;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { configurable: true, enumerable: false, writable: true, value });
}
