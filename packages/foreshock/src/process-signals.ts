import { constants } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import {
  END_BY_SIGNAL,
  LISTENING,
  OURS,
  RECEIVED,
  STATES,
  type SignalThread,
  type SignalThreadData,
  type ToSignalThread,
} from '@foreshock/export';
import { guard } from '@foreshock/kit';
import { mayReachMainThread } from './main-thread-inspector.ts';
import { watchSignalHandles } from './signal-handles.ts';

/** Signals that end a process unless somebody listens. */
const NAMES = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** The thread closes its handles and kills at once; longer, and it is not there. */
const THREAD_ACTS_WITHIN_MS = 1_000;

type Kill = (pid: number, signal: number) => number;

/**
 * Has what is left sent before a signal ends the process. Listens between {@link listen} and {@link rest} only, and to
 * no signal that the application listens to: then 'exit' follows, or the process lives on.
 *
 * It is the sender's thread that listens (`listenToSignals`): nothing of it shows in this one, and what blocks this one
 * does not keep the process alive. Until that thread runs, signals have their default effect. What the application sends
 * to itself is seen before it is sent.
 */
export class ProcessSignals implements SignalThread {
  readonly #beforeEnd: (signal: number) => void;
  readonly #flushMs: number;
  readonly #states = new Int32Array(new SharedArrayBuffer(4 * STATES));
  readonly #kill: Kill;
  #applications = applicationsSignals();
  #isWanted = false;
  #isUseless: boolean;
  /** What the thread was asked to listen to, as bits. */
  #asked = 0;
  #port: MessagePort | undefined;

  /** @param beforeEnd sends what is left; blocks this thread for `flushMs` at most */
  constructor(beforeEnd: (signal: number) => void, flushMs: number) {
    this.#beforeEnd = beforeEnd;
    this.#flushMs = flushMs;
    this.#isUseless = !watchSignalHandles({
      started: (signal) => {
        this.#applications.add(signal);
        this.#tell();
      },
      closed: () => {
        this.#applications = applicationsSignals();
        this.#tell();
      },
    });
    const binding = process as unknown as { _kill: Kill };
    this.#kill = binding._kill;
    // What `process.kill` calls (lib/internal/process/per_thread.js); no frame of ours in what that throws.
    binding._kill = { _kill: (...args: Parameters<Kill>) => this.#sent(...args) }._kill;
    Object.defineProperty(globalThis, Symbol.for(END_BY_SIGNAL), { value: () => this.raiseReceived() });
  }

  get isListening(): boolean {
    return this.#isWanted;
  }

  /** From now on something would be lost. */
  listen(): void {
    this.#isWanted = true;
    this.#tell();
  }

  /** There is nothing to lose. */
  rest(): void {
    this.#isWanted = false;
    this.#tell();
  }

  forThread(): SignalThreadData {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', () => this.raiseReceived());
    port1.unref();
    this.#port = port1;
    port1.postMessage({ listenTo: this.#wanted() } satisfies ToSignalThread);
    return { port: port2, states: this.#states, flushMs: this.#flushMs, mayInterrupt: mayReachMainThread() };
  }

  /** With its handles. Without any thread nothing can be sent while this one waits: there is no use in listening. */
  threadEnded(forGood: boolean): void {
    if (forGood) this.#isUseless = true;
    this.#port?.close();
    this.#port = undefined;
    Atomics.store(this.#states, LISTENING, 0);
  }

  #wanted(): number[] {
    return this.#isWanted && !this.#isUseless ? this.#ours() : [];
  }

  /** Those that the application does not listen to. */
  #ours(): number[] {
    return DEADLY.filter((signal) => !this.#applications.has(signal));
  }

  #tell(): void {
    Atomics.store(this.#states, OURS, bitsOf(this.#ours()));
    const listenTo = this.#wanted();
    const bits = bitsOf(listenTo);
    if (bits === this.#asked) return;
    this.#asked = bits;
    this.#port?.postMessage({ listenTo } satisfies ToSignalThread);
  }

  /** The application sends a signal. */
  #sent(pid: number, signal: number): number {
    const isOurs = (pid === process.pid || pid === 0) && this.#wanted().includes(signal);
    return isOurs ? this.#raise(pid, signal) : this.#kill(pid, signal);
  }

  /**
   * Ends the process as a signal would that the thread has received, if it has. Called by the inspector in the middle of
   * whatever this thread does, by the thread's message, and at the end of the process, which may be quicker than both.
   */
  raiseReceived(): void {
    const signal = Atomics.exchange(this.#states, RECEIVED, 0);
    if (signal === 0) return;
    guard('before the end by a signal', () => {
      this.rest();
      this.#beforeEnd(signal);
    });
    // By the thread: `process.kill` of this one would wait for the inspector's session to end (`Kill` in
    // src/node_process_methods.cc calls `RunAtExit`).
    this.#port?.postMessage({ kill: signal } satisfies ToSignalThread);
    // Process 1 of a container is here again: by default it ignores signals. As without us, it runs on.
    Atomics.wait(this.#states, RECEIVED, 0, THREAD_ACTS_WITHIN_MS);
  }

  #raise(pid: number, signal: number): number {
    guard('before the end by a signal', () => {
      // Any signal has its default effect again, while what is left is sent too, once the thread's handles are closed.
      this.rest();
      this.#beforeEnd(signal);
      const listening = Atomics.load(this.#states, LISTENING);
      if (listening > 0) Atomics.wait(this.#states, LISTENING, listening, THREAD_ACTS_WITHIN_MS);
    });
    return this.#kill(pid, signal);
  }
}

const DEADLY = NAMES.flatMap((name) => constants.signals[name] ?? []);

function bitsOf(signals: readonly number[]): number {
  return signals.reduce((bits, signal) => bits | (1 << signal), 0);
}

function applicationsSignals(): Set<number> {
  return new Set(NAMES.filter((name) => process.listenerCount(name) > 0).map((name) => constants.signals[name]));
}
