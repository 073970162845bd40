import { createRequire } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { callMainThread } from './call-main-thread.ts';

/** Until the main thread handles it; else 0. */
export const RECEIVED = 0;
/** How many the thread listens to. */
export const LISTENING = 1;
/** Bits of those without the application's listener. */
export const OURS = 2;
/** From here by signal number: how many the application's listeners, perhaps gone, have had. */
export const HANDLED = 3;
export const STATES: number = HANDLED + 32;

/** On the main thread: flushes and ends the process. */
export const END_BY_SIGNAL = 'foreshock.end-by-signal';

/** Later: native code. */
const ANSWER_WITHIN_MS = 1_000;

/** For Node's internal handles. */
export const SIGNAL_THREAD_OPTIONS: readonly string[] = ['--expose-internals'];

export interface SignalThreadData {
  readonly port: MessagePort;
  readonly states: Int32Array;
  /** Longest delay of the end, ms. */
  readonly flushMs: number;
  /** By the inspector. */
  readonly mayInterrupt: boolean;
}

/** Listen to exactly these; end the process by this one. */
export type ToSignalThread = { readonly listenTo: readonly number[] } | { readonly kill: number };

interface SignalHandle {
  onsignal: (signal: number) => void;
  /** Of HANDLED at its start. */
  handledBefore?: number;
  start(signal: number): number;
  close(closed?: () => void): void;
}

/**
 * The main thread may be blocked. Node delivers signals there only; libuv to every handle's event loop (`signal_wrap`,
 * used by lib/internal/process/signal.js).
 *
 * Handles are closed first: a second signal ends the process at once.
 */
export function listenToSignals(
  { port, states, flushMs, mayInterrupt }: SignalThreadData,
  flush: (ms: number) => Promise<void>,
): void {
  const handles = new Map<number, SignalHandle>();
  let Signal: new () => SignalHandle;
  try {
    // Any path works for a built-in module.
    const { internalBinding } = createRequire(process.execPath)('internal/test/binding');
    ({ Signal } = internalBinding('signal_wrap'));
  } catch {
    // Default effects stay.
    return;
  }

  /** Also by a listener that is gone by now. */
  function isHandled(signal: number, { handledBefore }: SignalHandle): boolean {
    const isOurs = (Atomics.load(states, OURS) & (1 << signal)) !== 0;
    return !isOurs || Atomics.load(states, HANDLED + signal) !== handledBefore;
  }

  function close(signal: number, handle: SignalHandle): void {
    handles.delete(signal);
    let isClosed = false;
    handle.close(() => (isClosed = true));
    // libuv calls back after this turn, unless it has caught an undelivered signal, which is lost (`uv__finish_close`,
    // `uv__signal_event` of deps/uv/src/unix).
    setImmediate(() => {
      if (!isClosed && !isHandled(signal, handle)) process.kill(process.pid, signal);
    });
  }

  function say(): void {
    Atomics.store(states, LISTENING, handles.size);
    Atomics.notify(states, LISTENING);
  }

  function listen(wanted: readonly number[]): void {
    for (const [signal, handle] of handles) if (!wanted.includes(signal)) close(signal, handle);
    for (const signal of wanted) {
      if (handles.has(signal)) continue;
      const handle = new Signal();
      handle.onsignal = received;
      handle.handledBefore = Atomics.load(states, HANDLED + signal);
      if (handle.start(signal) === 0) handles.set(signal, handle);
    }
    say();
  }

  function received(signal: number): void {
    // The application received it, too.
    if (isHandled(signal, handles.get(signal)!)) return;
    for (const handle of handles.values()) handle.close();
    handles.clear();
    say();
    Atomics.store(states, RECEIVED, signal);
    if (!mayInterrupt || !interrupt()) port.postMessage(undefined);
    setTimeout(() => {
      if (Atomics.load(states, RECEIVED) !== signal) return;
      // Native code: the main thread's unsent spans are lost.
      void flush(flushMs).then(() => {
        if (Atomics.load(states, RECEIVED) === signal) process.kill(process.pid, signal);
      });
    }, ANSWER_WITHIN_MS);
  }

  port.on('message', (message: ToSignalThread) => {
    // After this turn's signals; `close` sees later ones.
    if ('listenTo' in message) return void setImmediate(listen, message.listenTo);
    process.kill(process.pid, message.kill);
  });
}

/**
 * A message would wait for the event loop.
 *
 * @returns whether possible
 */
function interrupt(): boolean {
  try {
    const end = callMainThread(END_BY_SIGNAL, () => end());
    return true;
  } catch {
    return false;
  }
}
