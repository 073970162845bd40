import { constants } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import {
  ANSWERED,
  END_BY_SIGNAL,
  LISTENING,
  OURS,
  STATES,
  type FromSignalThread,
  type SignalThread,
  type SignalThreadData,
  type ToSignalThread,
} from '@foreshock/export';
import { guard } from '@foreshock/kit';
import { watchSignalHandles } from './signal-handles.ts';

/** Signals that end a process unless somebody listens. */
const NAMES = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** The thread closes its handles and kills at once; longer, and it is not there. */
const THREAD_ACTS_WITHIN_MS = 200;

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
  readonly #beforeEnd: () => void;
  readonly #flushMs: number;
  readonly #states = new Int32Array(new SharedArrayBuffer(4 * STATES));
  readonly #kill: Kill;
  #applications = applicationsSignals();
  #isWanted = false;
  #isUseless: boolean;
  #port: MessagePort | undefined;

  /** @param beforeEnd sends what is left; blocks this thread for `flushMs` at most */
  constructor(beforeEnd: () => void, flushMs: number) {
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
    binding._kill = (pid, signal) => this.#sent(pid, signal);
    (globalThis as Record<symbol, unknown>)[Symbol.for(END_BY_SIGNAL)] = (signal: number) => this.#interrupted(signal);
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
    port1.on('message', ({ signal }: FromSignalThread) => {
      Atomics.store(this.#states, ANSWERED, signal);
      this.#raise(process.pid, signal);
    });
    port1.unref();
    this.#port = port1;
    port1.postMessage({ listenTo: this.#wanted() } satisfies ToSignalThread);
    return { port: port2, states: this.#states, flushMs: this.#flushMs };
  }

  /** With its handles. Without any thread nothing can be sent while this one waits: there is no use in listening. */
  threadEnded(forGood: boolean): void {
    if (forGood) this.#isUseless = true;
    this.#port?.close();
    this.#port = undefined;
    Atomics.store(this.#states, LISTENING, 0);
  }

  #wanted(): number[] {
    if (!this.#isWanted || this.#isUseless) return [];
    return DEADLY.filter((signal) => !this.#applications.has(signal));
  }

  #tell(): void {
    const listenTo = this.#wanted();
    let ours = 0;
    for (const signal of listenTo) ours |= 1 << signal;
    if (Atomics.exchange(this.#states, OURS, ours) === ours) return;
    this.#port?.postMessage({ listenTo } satisfies ToSignalThread);
  }

  /** The application sends a signal. */
  #sent(pid: number, signal: number): number {
    const isOurs = (pid === process.pid || pid === 0) && this.#wanted().includes(signal);
    return isOurs ? this.#raise(pid, signal) : this.#kill(pid, signal);
  }

  #raise(pid: number, signal: number): number {
    guard('before the end by a signal', () => {
      this.#beforeEnd();
      this.rest();
      // The signal has its default effect again once the thread's handle is closed.
      const listening = Atomics.load(this.#states, LISTENING);
      if (listening > 0) Atomics.wait(this.#states, LISTENING, listening, THREAD_ACTS_WITHIN_MS);
    });
    // Here again: process 1 of a container, whose default is to ignore it. As without us, it runs on.
    return this.#kill(pid, signal);
  }

  /** Called in the middle of whatever blocked this thread, by the inspector: Node would wait for that to leave first. */
  #interrupted(signal: number): void {
    Atomics.store(this.#states, ANSWERED, signal);
    guard('before the end by a signal', () => {
      this.#beforeEnd();
      this.rest();
      this.#port?.postMessage({ kill: signal } satisfies ToSignalThread);
      Atomics.wait(this.#states, ANSWERED, signal, THREAD_ACTS_WITHIN_MS);
    });
  }
}

const DEADLY = NAMES.flatMap((name) => constants.signals[name] ?? []);

function applicationsSignals(): Set<number> {
  return new Set(NAMES.filter((name) => process.listenerCount(name) > 0).map((name) => constants.signals[name]));
}
