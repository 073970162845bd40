import { createRequire } from 'node:module';
import type { MessagePort } from 'node:worker_threads';

/** Where the main thread's answer to a signal is found: the signal's number, once the main thread is at it. */
export const ANSWERED = 0;
/** How many signals the thread listens to. */
export const LISTENING = 1;
/** The signals that are ours, as bits: the application listens to none of them. */
export const OURS = 2;
export const STATES = 3;

/** Of the main thread: ends the process as the signal would, after sending what there is. */
export const END_BY_SIGNAL = 'foreshock.end-by-signal';

/** The main thread is asked by message first, and then in the middle of what it does. */
const ANSWER_WITHIN_MS = 250;
const INTERRUPTED_WITHIN_MS = 1_000;

/** Options of a thread that can listen to signals: Node hands its own class for that to nobody. */
export const SIGNAL_THREAD_OPTIONS: readonly string[] = ['--expose-internals'];

/** What the thread is started with. */
export interface SignalThreadData {
  readonly port: MessagePort;
  readonly states: Int32Array;
  /** The longest that the end may be put off, ms. */
  readonly flushMs: number;
}

/** To the thread: listen to these signals and no others; end the process by this one. */
export type ToSignalThread = { readonly listenTo: readonly number[] } | { readonly kill: number };

/** From the thread: this signal has come. */
export interface FromSignalThread {
  readonly signal: number;
}

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
 * The handle is closed before anything else, which gives the signal its default effect back: a second one ends the
 * process at once, and so does whoever raises it again.
 */
export function listenToSignals(
  { port, states, flushMs }: SignalThreadData,
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
    close(signal);
    say();
    Atomics.store(states, ANSWERED, 0);
    port.postMessage({ signal } satisfies FromSignalThread);
    const isAnswered = (): boolean => Atomics.load(states, ANSWERED) === signal;
    setTimeout(() => {
      if (isAnswered()) return;
      interrupt(signal);
      setTimeout(() => {
        if (isAnswered()) return;
        // In native code. What it has of spans is lost with it.
        void flush(flushMs).then(() => {
          if (!isAnswered()) process.kill(process.pid, signal);
        });
      }, INTERRUPTED_WITHIN_MS);
    }, ANSWER_WITHIN_MS);
  }

  port.on('message', (message: ToSignalThread) => {
    if ('listenTo' in message) return listen(message.listenTo);
    close(message.kill);
    process.kill(process.pid, message.kill);
  });
}

/** Runs the main thread's own end of it between two steps of the JavaScript that blocks it, as a debugger would. */
function interrupt(signal: number): void {
  try {
    // Only now: there are Nodes without it.
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connectToMainThread();
    session.post('Runtime.evaluate', {
      expression: `globalThis[Symbol.for(${JSON.stringify(END_BY_SIGNAL)})]?.(${signal})`,
    });
  } catch {
    // Built without the inspector, or not permitted.
  }
}
