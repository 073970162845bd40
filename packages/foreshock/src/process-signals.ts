import { constants } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import {
  END_BY_SIGNAL,
  HANDLED,
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

const NAMES = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** The thread closes handles and kills at once; later it counts as gone. */
const THREAD_ACTS_WITHIN_MS = 1_000;

type Kill = (pid: number, signal: number) => number;

/**
 * Sends remaining data before a signal ends the process, unless the application handles it.
 *
 * The sender's thread listens (`listenToSignals`): invisible, and working while this one is blocked. Signals the
 * application sends itself are intercepted.
 */
export class ProcessSignals implements SignalThread {
  readonly #beforeEnd: (signal: number) => void;
  readonly #flushMs: number;
  readonly #states = new Int32Array(new SharedArrayBuffer(4 * STATES));
  readonly #kill: Kill;
  #applications = applicationsSignals();
  #isWanted = false;
  #isUseless: boolean;
  /** The thread's signals, as bits. */
  #asked = 0;
  #port: MessagePort | undefined;

  /**
   * @param beforeEnd blocks within `flushMs`
   * @param onReceived for the application's listeners
   */
  constructor(beforeEnd: (signal: number) => void, flushMs: number, onReceived: (signal: number) => void) {
    this.#beforeEnd = beforeEnd;
    this.#flushMs = flushMs;
    this.#isUseless = !watchSignalHandles({
      started: (signal) => {
        this.#applications.add(signal);
        this.#update();
      },
      received: (signal) => {
        Atomics.add(this.#states, HANDLED + signal, 1);
        onReceived(signal);
      },
      closed: () => {
        this.#applications = applicationsSignals();
        this.#update();
      },
    });
    const binding = process as unknown as { _kill: Kill };
    this.#kill = binding._kill;
    // `process.kill` calls it (lib/internal/process/per_thread.js); no frame of ours in its errors.
    binding._kill = { _kill: (...args: Parameters<Kill>) => this.#sent(...args) }._kill;
    Object.defineProperty(globalThis, Symbol.for(END_BY_SIGNAL), { value: () => this.raiseReceived() });
  }

  get isListening(): boolean {
    return this.#isWanted;
  }

  listen(): void {
    this.#isWanted = true;
    this.#update();
  }

  rest(): void {
    this.#isWanted = false;
    this.#update();
  }

  forThread(): SignalThreadData {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', () => this.raiseReceived());
    port1.unref();
    this.#port = port1;
    port1.postMessage({ listenTo: this.#wanted() } satisfies ToSignalThread);
    return { port: port2, states: this.#states, flushMs: this.#flushMs, mayInterrupt: mayReachMainThread() };
  }

  /** Its handles are gone. Without a thread nothing can be sent while this one waits. */
  threadEnded(forGood: boolean): void {
    if (forGood) this.#isUseless = true;
    this.#port?.close();
    this.#port = undefined;
    Atomics.store(this.#states, LISTENING, 0);
  }

  #wanted(): number[] {
    return this.#isWanted && !this.#isUseless ? this.#ours() : [];
  }

  /** Signals the application does not handle. */
  #ours(): number[] {
    return DEADLY.filter((signal) => !this.#applications.has(signal));
  }

  #update(): void {
    Atomics.store(this.#states, OURS, bitsOf(this.#ours()));
    const listenTo = this.#wanted();
    const bits = bitsOf(listenTo);
    if (bits === this.#asked) return;
    this.#asked = bits;
    this.#port?.postMessage({ listenTo } satisfies ToSignalThread);
  }

  #sent(pid: number, signal: number): number {
    const isOwn = pid === process.pid || pid === 0;
    // A container's process 1 survives its own SIGKILL.
    const isDeadly = signal === SIGKILL && process.pid !== 1;
    const isOurs = isOwn && (isDeadly || this.#wanted().includes(signal));
    return isOurs ? this.#raise(pid, signal) : this.#kill(pid, signal);
  }

  /** Ends the process by a received signal. Called by the inspector, by the thread's message, and at process end. */
  raiseReceived(): void {
    const signal = Atomics.exchange(this.#states, RECEIVED, 0);
    if (signal === 0) return;
    guard('before the end by a signal', () => {
      this.rest();
      this.#beforeEnd(signal);
    });
    // `process.kill` would wait for the inspector session (`Kill` in src/node_process_methods.cc calls `RunAtExit`).
    this.#port?.postMessage({ kill: signal } satisfies ToSignalThread);
    // A container's process 1 continues: it ignores signals by default.
    Atomics.wait(this.#states, RECEIVED, 0, THREAD_ACTS_WITHIN_MS);
  }

  #raise(pid: number, signal: number): number {
    guard('before the end by a signal', () => {
      // Once handles are closed, signals have default effect during sending, too.
      this.rest();
      this.#beforeEnd(signal);
      const listening = Atomics.load(this.#states, LISTENING);
      if (listening > 0) Atomics.wait(this.#states, LISTENING, listening, THREAD_ACTS_WITHIN_MS);
    });
    return this.#kill(pid, signal);
  }
}

const { SIGKILL } = constants.signals;
const DEADLY = NAMES.flatMap((name) => constants.signals[name] ?? []);

function bitsOf(signals: readonly number[]): number {
  return signals.reduce((bits, signal) => bits | (1 << signal), 0);
}

function applicationsSignals(): Set<number> {
  return new Set(NAMES.filter((name) => process.listenerCount(name) > 0).map((name) => constants.signals[name]));
}
