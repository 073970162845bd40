import { createRequire } from 'node:module';
import type { MessagePort } from 'node:worker_threads';

/** The number of a signal that has come, until the main thread is at it; else 0. */
export const RECEIVED = 0;
/** How many signals the thread listens to. */
export const LISTENING = 1;
/** The signals that are ours, as bits: the application listens to none of them. */
export const OURS = 2;
export const STATES = 3;

/** Of the main thread: ends the process as the signal that was received would, after sending what there is. */
export const END_BY_SIGNAL = 'foreshock.end-by-signal';

/** Longer, and the main thread is in native code. */
const ANSWER_WITHIN_MS = 1_000;

/** Options of a thread that can listen to signals: Node's own class for that is not public. */
export const SIGNAL_THREAD_OPTIONS: readonly string[] = ['--expose-internals'];

/** What the thread is started with. */
export interface SignalThreadData {
  readonly port: MessagePort;
  readonly states: Int32Array;
  /** The longest that the end may be put off, ms. */
  readonly flushMs: number;
  /** Whether the thread may reach the main thread by the inspector. */
  readonly mayInterrupt: boolean;
}

/** To the thread: listen to these signals and no others; end the process by this one. */
export type ToSignalThread = { readonly listenTo: readonly number[] } | { readonly kill: number };

interface SignalHandle {
  onsignal: (signal: number) => void;
  start(signal: number): number;
  close(): void;
}

/**
 * Listens to signals beside a main thread that may be blocked: by a loop, by `execSync`, by a regular expression. Node
 * gives signals to the main thread alone, where a listener would keep such a process alive. libuv gives them to the
 * event loop of whoever has a handle (`signal_wrap`, used by lib/internal/process/signal.js), so of this thread too.
 *
 * The handles are closed before anything else, which gives the signals their default effect back: a second one ends the
 * process at once, and so does whoever raises it again.
 */
export function listenToSignals(
  { port, states, flushMs, mayInterrupt }: SignalThreadData,
  flush: (ms: number) => Promise<void>,
): void {
  const handles = new Map<number, SignalHandle>();
  let Signal: new () => SignalHandle;
  try {
    // Any path will do: the module is Node's own.
    const { internalBinding } = createRequire(process.execPath)('internal/test/binding');
    ({ Signal } = internalBinding('signal_wrap'));
  } catch {
    // Signals have their default effect, as without us.
    return;
  }

  function close(signal: number): void {
    handles.get(signal)?.close();
    handles.delete(signal);
  }

  function say(): void {
    Atomics.store(states, LISTENING, handles.size);
    Atomics.notify(states, LISTENING);
  }

  function listen(wanted: readonly number[]): void {
    for (const signal of handles.keys()) if (!wanted.includes(signal)) close(signal);
    for (const signal of wanted) {
      if (handles.has(signal)) continue;
      const handle = new Signal();
      handle.onsignal = received;
      if (handle.start(signal) === 0) handles.set(signal, handle);
    }
    say();
  }

  function received(signal: number): void {
    // The application has begun to listen: it has got the signal too.
    if ((Atomics.load(states, OURS) & (1 << signal)) === 0) return;
    listen([]);
    Atomics.store(states, RECEIVED, signal);
    if (!mayInterrupt || !interrupt()) port.postMessage(undefined);
    setTimeout(() => {
      if (Atomics.load(states, RECEIVED) !== signal) return;
      // In native code. What it has of spans is lost with it.
      void flush(flushMs).then(() => {
        if (Atomics.load(states, RECEIVED) === signal) process.kill(process.pid, signal);
      });
    }, ANSWER_WITHIN_MS);
  }

  port.on('message', (message: ToSignalThread) => {
    // At the end of this turn of the event loop: what has come until now is not lost with its handle.
    if ('listenTo' in message) return void setImmediate(listen, message.listenTo);
    process.kill(process.pid, message.kill);
  });
}

/**
 * Runs the main thread's own end of it at once, between two steps of its JavaScript, as a debugger would: the signal would
 * have ended it there, and a message waits until the event loop's turn, after whatever was not to be done any more.
 *
 * @returns whether that is possible
 */
function interrupt(): boolean {
  try {
    // Only now: there are Nodes without it.
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connectToMainThread();
    const expression = `globalThis[Symbol.for(${JSON.stringify(END_BY_SIGNAL)})]?.()`;
    session.post('Runtime.evaluate', { expression }, () => session.disconnect());
    return true;
  } catch {
    return false;
  }
}
