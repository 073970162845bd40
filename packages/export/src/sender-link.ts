import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
  type WorkerOptions,
} from 'node:worker_threads';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { guard, log, report, suppressed } from '@foreshock/kit';
import type { LoopWatchData } from './loop-watch.ts';
import { budgetOf, hasWaiting, HELD_BYTES, HELD_LOGS, HELD_SPANS, type ProcessMemory } from './process-memory.ts';
import { EarlyFile } from './disk/early-file.ts';
import { LateFile } from './disk/late-file.ts';
import { HAS_FILES } from './disk/spool-memory.ts';
import { needless, takersOf, type Signal } from './destination.ts';
import type { ItemCounts } from './records.ts';
import type { FromSender, Sender, SenderOptions, ToSender } from './sender.ts';
import { startOwnThread } from './own-thread.ts';
import type { SenderThreadData } from './sender-thread.ts';
import { SIGNAL_THREAD_OPTIONS, type SignalThreadData } from './signal-thread.ts';
import type { Batch } from './spool.ts';

/** The batch may kill senders. */
const MAX_DEATHS = 3;
/** Before `ready`: no threads here. */
const MAX_FAILED_STARTS = 2;
const RESTART_MS = 1_000;

/** Twice the 40 MB of large spans as JSON to two backends. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8, stackSizeMb: 2 };

interface Outstanding {
  readonly batch: Batch;
  /** Destinations that have it or need nothing of it, as bits by index. */
  done: number;
  deaths: number;
}

interface Flush {
  /** The last to wait for. */
  readonly upTo: number;
  readonly patienceMs: number;
  /** Files are removed after the sender's answer. */
  readonly last: boolean;
  readonly end: () => void;
}

export interface SignalThread {
  forThread(): SignalThreadData;
  /** Unless `forGood`, another starts. */
  threadEnded(forGood: boolean): void;
}

export interface LinkEvents {
  onMessage(message: Exclude<FromSender, { type: 'ready' | 'done' | 'flushed' | 'exit' }>): void;
  onDone(message: Extract<FromSender, { type: 'done' }>): void;
  onRelease(batch: Batch): void;
  onLost(counts: ItemCounts): void;
}

/** On the main thread: keeps each batch until all destinations finish, also when the sender dies. */
export class SenderLink {
  readonly #options: SenderOptions;
  readonly #url: URL | string | undefined;
  readonly #events: LinkEvents;
  readonly #signals: SignalThread | undefined;
  readonly #loopWatch: LoopWatchData | undefined;
  /** Destinations, as bits by index. */
  readonly #all: number;
  readonly #takers: Readonly<Record<Signal, number>>;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #flushes = new Map<number, Flush>();
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));
  #memory: ProcessMemory | undefined;
  #mode: 'idle' | 'thread' | 'main' | 'none' = 'idle';
  #worker: Worker | undefined;
  /** After its `exit` message. */
  #exited: Worker | undefined;
  #port: MessagePort | undefined;
  #sender: Sender | undefined;
  #restart: NodeJS.Timeout | undefined;
  #ready = false;
  #execArgv: readonly string[];
  #failedStarts = 0;
  #wasStarted = false;
  #open: Extract<ToSender, { type: 'open' }> | undefined;
  /** Until the thread runs. */
  #early: EarlyFile | undefined;
  /** While it gets no processor. */
  #late: LateFile | undefined;
  #flushId = 0;
  #last = 0;

  constructor(
    options: SenderOptions,
    url: URL | string | undefined,
    events: LinkEvents,
    signals?: SignalThread,
    loopWatch?: LoopWatchData,
  ) {
    this.#options = options;
    this.#url = url;
    this.#events = events;
    this.#signals = signals;
    this.#loopWatch = loopWatch;
    this.#execArgv = signals ? SIGNAL_THREAD_OPTIONS : [];
    this.#all = 2 ** options.destinations.length - 1;
    this.#takers = takersOf(options.destinations);
  }

  get outstanding(): number {
    return this.#outstanding.size;
  }

  /** What a destination has not finished. */
  waiting(): Required<ItemCounts> {
    const waiting = { spans: 0, logs: 0 };
    for (const entry of this.#outstanding.values()) {
      const { spans, logs } = this.#unfinishedOf(entry);
      waiting.spans += spans;
      waiting.logs += logs;
    }
    return waiting;
  }

  #unfinishedOf({ batch, done }: Outstanding): Required<ItemCounts> {
    const { traces, logs } = this.#takers;
    return { spans: traces & ~done ? batch.spans : 0, logs: logs & ~done ? batch.logs : 0 };
  }

  /** This thread would have to send while blocked. */
  get isThreadForbidden(): boolean {
    return this.#mode === 'main' || this.#mode === 'none';
  }

  /** For tests. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** @param last no later callback needs a clean context */
  send(batch: Batch, last = false): void {
    const entry: Outstanding = { batch, done: needless(this.#options.destinations, batch), deaths: 0 };
    this.#outstanding.set(batch.number, entry);
    this.#last = batch.number;
    if (this.#open?.number === batch.number) this.#open = undefined;
    this.#early?.sealed(batch.number, batch.end);
    this.#late?.sealed(batch.number, batch.end);
    if (this.#mode !== 'idle') this.#hand(entry);
    else if (last) this.#startThread();
    else this.start();
  }

  opened(number: number, memory: SharedArrayBuffer, start: number): void {
    this.#open = { type: 'open', number, memory, start };
    const { disk } = this.#options;
    // The thread takes milliseconds to start.
    if (disk && !this.#ready && !this.isThreadForbidden) this.#early ??= new EarlyFile(disk);
    if (this.#early?.isTaken) this.#early = undefined;
    this.#early?.opened(number, memory, start);
    if (disk && !this.isThreadForbidden) this.#late ??= new LateFile(disk, this.#early);
    this.#late?.opened(number, memory, start);
    if (this.#mode === 'thread') this.#post(this.#open);
    else this.start();
  }

  /** The open batch has a record more. */
  grew(): void {
    this.#late?.grew();
  }

  childKilled(pid: number, signal: number): void {
    this.start();
    if (this.#mode === 'thread') this.#post({ type: 'child_killed', pid, signal });
  }

  start(): void {
    // Outside requests' contexts. No `AsyncResource`: the application's hooks have not seen its init.
    if (this.#mode === 'idle') context.with(ROOT_CONTEXT, () => this.#startThread());
  }

  share(memory: ProcessMemory): void {
    this.#memory = memory;
    if (this.#mode === 'thread' || this.#mode === 'main') this.#post({ type: 'share', memory });
  }

  /** Works without the event loop. */
  collect(): void {
    const port = this.#port;
    if (!port) return;
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) this.#received(got.message);
  }

  /** Changes with the sender's messages; cheap. */
  get signal(): number {
    return Atomics.load(this.#signal, 0);
  }

  /**
   * Waits for all batches, a failure, or `ms`; keeps the process alive.
   *
   * @returns whether all are finished
   */
  async flush(ms: number, last = false): Promise<boolean> {
    if (this.#isIdle && !(last && this.hasFiles)) return true;
    this.start();
    const id = ++this.#flushId;
    const upTo = this.#last;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#flushes.get(id)?.end(), ms);
      const end = (): void => {
        clearTimeout(timer);
        this.#flushes.delete(id);
        resolve();
      };
      this.#flushes.set(id, { upTo, patienceMs: ms, last, end });
      this.#post({ type: 'flush', id, patienceMs: ms, last });
    });
    return this.#settled(upTo);
  }

  /** {@link flush}, blocking, for the process's end. */
  waitBlocking(ms: number, last = false): boolean {
    if (this.#isIdle && !(last && this.hasFiles)) return true;
    if (this.#mode === 'idle') this.#startThread();
    if (!this.#port) return false;
    const deadline = performance.now() + ms;
    const id = ++this.#flushId;
    this.#flushes.set(id, { upTo: this.#last, patienceMs: ms, last, end: () => this.#flushes.delete(id) });
    this.#post({ type: 'flush', id, patienceMs: ms, last });
    for (;;) {
      const seen = this.signal;
      this.collect();
      const left = deadline - performance.now();
      if (!this.#flushes.has(id) || this.#exited || left <= 0) break;
      Atomics.wait(this.#signal, 0, seen, left);
    }
    this.#flushes.delete(id);
    const worker = this.#exited;
    if (!worker) return this.#isIdle;
    // No 'exit' event will come.
    this.#died(worker);
    clearTimeout(this.#restart);
    if (this.#mode === 'thread') this.#startThread();
    return this.waitBlocking(deadline - performance.now(), last);
  }

  /** Loses outstanding batches. */
  async close(): Promise<void> {
    this.#mode = 'none';
    this.#removeOwnFiles();
    clearTimeout(this.#restart);
    this.#sender = undefined;
    this.#port?.close();
    this.#port = undefined;
    this.#loseHeld();
    for (const entry of this.#outstanding.values()) this.#lose(entry);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  get #isIdle(): boolean {
    return this.#outstanding.size === 0 && !(this.#memory && hasWaiting(this.#memory));
  }

  get hasFiles(): boolean {
    const { disk } = this.#options;
    return disk !== undefined && Atomics.load(disk.memory.words, HAS_FILES) === 1;
  }

  #hand(entry: Outstanding): void {
    if (this.#mode === 'none') return this.#lose(entry);
    const { number, memory, start, end, spans, logs } = entry.batch;
    this.#post({ type: 'batch', number, memory, start, end, spans, logs, done: entry.done });
  }

  #post(message: ToSender): void {
    const port = this.#port;
    if (port) port.postMessage(message);
    else if (this.#sender) this.#onMainThread(() => this.#sender?.accept(message));
  }

  #startThread(): void {
    this.#restart = undefined;
    try {
      const { port1, port2 } = new MessageChannel();
      const signals = this.#execArgv.length > 0 ? this.#signals?.forThread() : undefined;
      const workerData: SenderThreadData = {
        foreshockSender: {
          options: { ...this.#options, isRestart: this.#wasStarted },
          port: port2,
          signal: this.#signal,
          signals,
          loopWatch: this.#loopWatch,
        },
      };
      const worker = startOwnThread((env) => this.#makeThread(workerData, signals, env));
      worker.on('error', (error) => report('sender thread', error));
      worker.on('exit', () => guard('restarting the sender', () => this.#died(worker)));
      port1.on('message', (message: FromSender) => guard('hearing the sender', () => this.#received(message)));
      port1.unref();
      worker.unref();
      this.#worker = worker;
      this.#port = port1;
      this.#mode = 'thread';
      this.#ready = false;
      this.#wasStarted = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_INVALID_EXEC_ARGV' && this.#execArgv.length > 0) {
        this.#execArgv = [];
        this.#signals?.threadEnded(false);
        return this.#startThread();
      }
      // ERR_ACCESS_DENIED: permission model without --allow-worker.
      return this.#fallBack((error as NodeJS.ErrnoException).code ?? (error as Error).message);
    }
    if (this.#memory) this.#post({ type: 'share', memory: this.#memory });
    for (const entry of this.#outstanding.values()) this.#hand(entry);
    if (this.#open) this.#post(this.#open);
  }

  #makeThread(workerData: SenderThreadData, signals: SignalThreadData | undefined, env: NodeJS.ProcessEnv): Worker {
    const options: WorkerOptions = {
      name: 'foreshock-sender',
      workerData,
      transferList: [workerData.foreshockSender.port, ...(signals ? [signals.port] : [])],
      // Without the application's preloads and loaders. Unread warnings would keep the process alive.
      execArgv: ['--no-warnings', ...this.#execArgv],
      env,
      // Kept from the application's output; reading it would keep the process alive.
      stdout: true,
      stderr: true,
      resourceLimits: RESOURCE_LIMITS,
      trackUnmanagedFds: false,
    };
    // Without the application's loaders the thread cannot open archives (Yarn's zip files, Electron's asar).
    if (typeof this.#url === 'string') return new Worker(readFileSync(this.#url, 'utf8'), { ...options, eval: true });
    return new Worker(this.#url ?? ownFile(), options);
  }

  #died(worker: Worker): void {
    if (worker !== this.#worker || this.#mode !== 'thread') return;
    this.collect();
    this.#port?.close();
    this.#port = undefined;
    this.#worker = undefined;
    this.#exited = undefined;
    this.#signals?.threadEnded(false);
    for (const flush of this.#flushes.values()) flush.end();
    this.#loseHeld();
    for (const entry of this.#outstanding.values()) {
      if (++entry.deaths >= MAX_DEATHS) this.#lose(entry);
    }
    if (!this.#ready && ++this.#failedStarts >= MAX_FAILED_STARTS) return this.#fallBack('the thread does not start');
    if (this.#ready) this.#failedStarts = 0;
    this.#restart = context.with(ROOT_CONTEXT, () => setTimeout(() => this.#startThread(), RESTART_MS).unref());
  }

  #fallBack(cause: string): void {
    this.#mode = 'main';
    this.#removeOwnFiles();
    this.#signals?.threadEnded(true);
    log('warn', `foreshock: no sender thread (${cause}), spans are sent from the main thread`);
    this.#load()
      .then(({ Sender: Class }) => {
        if (!Class) throw new TypeError('the file has no Sender');
        this.#onMainThread(() => {
          this.#sender = new Class(this.#options, true, (message) => this.#received(message));
        });
        if (this.#memory) this.#post({ type: 'share', memory: this.#memory });
        for (const entry of this.#outstanding.values()) this.#hand(entry);
        for (const [id, { patienceMs, last }] of this.#flushes) {
          this.#post({ type: 'flush', id, patienceMs, last });
        }
      })
      .catch((error: unknown) => {
        this.#mode = 'none';
        report('starting the sender', error);
        for (const entry of this.#outstanding.values()) this.#lose(entry);
      });
  }

  /** The preload is one file. */
  async #load(): Promise<{ Sender?: typeof Sender }> {
    if (typeof this.#url === 'string') return createRequire(this.#url)(this.#url) as { Sender?: typeof Sender };
    return (await import((this.#url ?? ownFile()).href)) as { Sender?: typeof Sender };
  }

  /** The sender's requests must not be traced, nor inherit a context. */
  #onMainThread(run: () => void): void {
    context.with(suppressed(ROOT_CONTEXT), run);
  }

  #removeOwnFiles(): void {
    this.#early?.remove();
    this.#early = undefined;
    this.#late?.remove();
    this.#late = undefined;
  }

  #lose(entry: Outstanding): void {
    if (!this.#outstanding.delete(entry.batch.number)) return;
    this.#events.onLost(this.#unfinishedOf(entry));
    this.#events.onRelease(entry.batch);
    this.#endFlushes();
  }

  /** With the sender, its copies of workers' batches died. */
  #loseHeld(): void {
    if (!this.#memory) return;
    const { words, limit } = this.#memory;
    const held = { spans: Atomics.exchange(words, HELD_SPANS, 0), logs: Atomics.exchange(words, HELD_LOGS, 0) };
    budgetOf(words, limit).release(Atomics.exchange(words, HELD_BYTES, 0));
    this.#events.onLost(held);
  }

  #received(message: FromSender): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        return;
      case 'exit':
        this.#exited = this.#worker;
        return;
      case 'flushed':
        return this.#flushed(message);
      case 'done':
        return this.#done(message);
      default:
        this.#events.onMessage(message);
    }
  }

  #done(message: Extract<FromSender, { type: 'done' }>): void {
    const entry = this.#outstanding.get(message.number);
    // Given up, unless a worker thread's.
    if (!entry && message.number > 0) return;
    this.#events.onDone(message);
    if (!entry) return this.#endFlushes();
    entry.done |= 1 << message.destination;
    if (entry.done !== this.#all) return;
    this.#release(entry.batch);
    this.#endFlushes();
  }

  /** A signal can interrupt this thread before it handles a message: batches the sender lacks are finished. */
  #flushed({ id, waiting }: Extract<FromSender, { type: 'flushed' }>): void {
    const flush = this.#flushes.get(id);
    if (!flush) return;
    for (const [number, { batch }] of this.#outstanding) {
      if (number <= flush.upTo && !waiting.includes(number)) this.#release(batch);
    }
    flush.end();
  }

  #release(batch: Batch): void {
    this.#events.onRelease(batch);
    this.#outstanding.delete(batch.number);
  }

  #endFlushes(): void {
    if (this.#flushes.size === 0) return;
    for (const flush of this.#flushes.values()) {
      if (this.#settled(flush.upTo) && !(flush.last && this.hasFiles)) flush.end();
    }
  }

  #settled(upTo: number): boolean {
    // Ordered by number.
    const [oldest = Infinity] = this.#outstanding.keys();
    return oldest > upTo && !(this.#memory && hasWaiting(this.#memory));
  }
}

function ownFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './sender-thread.ts' : './sender-thread.js', import.meta.url);
}
