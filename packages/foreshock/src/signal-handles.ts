/** `signal_wrap` (lib/internal/process/signal.js of Node 22 to 26). */
interface SignalHandle {
  onsignal: unknown;
  start(signal: number): number;
  close(): void;
}

/** First and last listener to a signal. */
export interface SignalHandleEvents {
  started(signal: number): void;
  /** Before its listeners run. */
  received(signal: number): void;
  closed(): void;
}

/** Harmless; two, as one may be used. */
const WITHOUT_EFFECT = ['SIGWINCH', 'SIGURG'] as const;

/**
 * Detects the application's signal listeners invisibly.
 *
 * The handle class is private: found while `onsignal` is set on an instance.
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
    observe(this, () => events.received(signal));
    return start.call(this, signal);
  });
  // All handles share it.
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

/** Node reads `onsignal` at each signal (`MakeCallback` of src/async_wrap-inl.h). */
function observe(handle: SignalHandle, received: () => void): void {
  let { onsignal } = handle;
  Object.defineProperty(handle, 'onsignal', {
    configurable: true,
    enumerable: true,
    get() {
      received();
      return onsignal;
    },
    set: (value) => void (onsignal = value),
  });
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { configurable: true, enumerable: false, writable: true, value });
}
