import { Console } from 'node:console';
import { context, ROOT_CONTEXT, type Attributes } from '@opentelemetry/api';
import { log, report } from '@foreshock/kit';
import { MAX_EXPORT_BATCH_SIZE } from './batch-size.ts';
import { nameOf, signalOf, type Destination, type Signal } from './destination.ts';
import type { LogRecord } from './log-record.ts';
import { showOpenBatch, type SpoolMemory } from './disk/spool-memory.ts';
import type { DiskOptions } from './disk/disk-options.ts';
import type { FinishedSpan } from './finished-span.ts';
import { DeliveryLog } from './delivery-log.ts';
import type { LoopWatchData } from './loop-watch.ts';
import type { Budget } from './budget.ts';
import { budgetOf, makeSlots, makeWords, SENDER_NEEDED, takeDropped, type ProcessMemory } from './process-memory.ts';
import { SenderLink, type SignalThread } from './sender-link.ts';
import { Spool, type Batch, type DropReason } from './spool.ts';
import { timerMs } from './timer-limit.ts';

/** `OTEL_BSP_*`. */
export interface BatchOptions {
  /** From a batch's first span; ms, default 5,000. */
  readonly scheduleDelayMs?: number | undefined;
  /** Per batch; default 2,048. */
  readonly maxExportBatchSize?: number | undefined;
  /** Most waiting spans; default none. */
  readonly maxQueueSize?: number | undefined;
  /** Of `forceFlush` and `shutdown`; ms, default 30,000. */
  readonly exportTimeoutMs?: number | undefined;
}

/** For killed processes. */
export interface DiskSpoolOptions {
  /** Of all services; created if missing, private to this user. */
  readonly directory: string;
  /** Processes with one key recover each other's spans. */
  readonly key: string;
  /** See `makeSpoolMemory`. */
  readonly memory: SpoolMemory;
  /** The process's start; ms since 1970. */
  readonly startedAt: number;
  /** Whether {@link Pipeline.endBlocking} is called at a regular end; false: no death is reported. */
  readonly saysEnd: boolean;
}

export interface PipelineOptions {
  /** Spans, or log records, go to each of their signal; without any, they are ignored. */
  readonly destinations: readonly Destination[];
  /** Such as `service.name`. */
  readonly resource: Attributes;
  /** For waiting spans; default 16 MiB, at least 256 KiB. */
  readonly spoolBytes?: number | undefined;
  /** Default none. Main thread only. */
  readonly disk?: DiskSpoolOptions | undefined;
  readonly batch?: BatchOptions | undefined;
  /** The sender thread's CommonJS file in a bundle. Default: this package's. */
  readonly senderUrl?: URL | string | undefined;
  /** Default `foreshock`. */
  readonly userAgent?: string | undefined;
  /** Default: the thread does not listen to signals. */
  readonly signals?: SignalThread | undefined;
  /** Event loop blocks for the sender thread to report; default none. */
  readonly loopWatch?: Omit<LoopWatchData, 'resource'> | undefined;
  /** Memory of spans was released. */
  readonly onReleased?: (() => void) | undefined;
  /** A retry's delay, ms; doubles per failure. Default 1,000 to 30,000. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number } | undefined;
}

/** Delivers spans and log records. */
export interface Pipeline {
  /** Spans, by reason. */
  readonly dropped: ReadonlyMap<DropReason, number>;
  /** Log records, by reason. */
  readonly droppedLogs: ReadonlyMap<DropReason, number>;
  /** Acknowledged, by destination; empty in worker threads. */
  readonly delivered: readonly number[];
  onStart(): void;
  /** Never throws, never blocks. */
  onEnd(span: FinishedSpan): void;
  /** Never throws, never blocks. */
  onLog(log: LogRecord): void;
  /**
   * Sends all waiting spans and log records.
   *
   * @param ms time-out; keeps the process alive
   * @returns whether every destination received all; never rejects
   */
  flush(ms: number): Promise<boolean>;
  /** {@link flush}, blocking, for `process.on('exit')`. */
  flushBlocking(ms: number): boolean;
  /** The last {@link flushBlocking}: logs lost spans with cause. */
  endBlocking(ms: number): void;
  /** Whether no span waits. */
  readonly isEmpty: boolean;
  /** Main thread, spool on disk: the child's report names the signal. */
  childKilled?(pid: number, signal: number): void;
  /** Starts the sender thread early. */
  start(): void;
  /** {@link flush} within `exportTimeoutMs`; always resolves. */
  forceFlush(): Promise<void>;
  /** Flushes; later spans are ignored. */
  shutdown(): Promise<void>;
}

const MIB = 1 << 20;
const SAMPLED = 1;

/** Sends encoded spans and log records from its own thread. Never retains a span, blocks, or keeps the process alive. */
export class SpanPipeline implements Pipeline {
  readonly #spool: Spool;
  readonly #signals: readonly Signal[];
  readonly #deliveryLogs: Readonly<Record<Signal, DeliveryLog>>;
  readonly #takesSpans: boolean;
  readonly #takesLogs: boolean;
  readonly #budget: Budget;
  readonly #link: SenderLink;
  readonly #batchSize: number;
  readonly #maxQueueSize: number;
  readonly #delayMs: number;
  readonly #timeoutMs: number;
  /** For worker threads. */
  readonly #words = makeWords();
  #memory: ProcessMemory | undefined;
  readonly #handOver = (batch: Batch): void => this.#link.send(batch);
  #console: Console | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed: boolean;
  #signalSeen = 0;

  constructor(options: PipelineOptions) {
    const { destinations, batch = {}, spoolBytes = 16 * MIB, backoff = { firstMs: 1_000, maxMs: 30_000 } } = options;
    this.#closed = destinations.length === 0;
    this.#signals = destinations.map(signalOf);
    this.#takesSpans = this.#signals.includes('traces');
    this.#takesLogs = this.#signals.includes('logs');
    this.#batchSize = Math.max(1, batch.maxExportBatchSize ?? MAX_EXPORT_BATCH_SIZE);
    this.#maxQueueSize = batch.maxQueueSize ?? Infinity;
    this.#delayMs = timerMs(batch.scheduleDelayMs ?? 5_000);
    this.#timeoutMs = timerMs(batch.exportTimeoutMs ?? 30_000);
    const budget = budgetOf(this.#words, spoolBytes);
    this.#budget = budget;
    const { disk } = options;
    const listener =
      disk &&
      showOpenBatch(
        disk.memory,
        (...began) => this.#link.opened(...began),
        () => this.#link.grew(),
      );
    this.#spool = new Spool(budget, options.resource, listener);
    const names = destinations.map(nameOf);
    this.#deliveryLogs = { traces: new DeliveryLog(names), logs: new DeliveryLog(names, 'log record') };
    this.#link = new SenderLink(
      {
        destinations,
        userAgent: options.userAgent ?? 'foreshock',
        maxExportBatchSize: this.#batchSize,
        lagBytes: budget.limit / 2,
        scheduleDelayMs: this.#delayMs,
        backoffMs: timerMs(backoff.firstMs),
        maxBackoffMs: timerMs(backoff.maxMs),
        disk: disk && diskOptions(disk, options.resource, this.#spool.resource),
      },
      options.senderUrl,
      {
        onMessage: (message) => {
          if (message.type === 'print') this.#print(message.text);
          else if (message.type === 'log') log(message.level, message.text);
          else if (message.type === 'unwanted') this.#deliveryLogs[message.signal].unwanted(message.items);
          else if (message.type === 'unreachable') this.#logOf(message).unreachable(message.destination, message.cause);
          else this.#logOf(message).refused(message.destination, message.items, message.cause);
        },
        onDone: (message) => {
          this.#countWorkers();
          const { destination, end, items } = message;
          if (end === 'delivered') this.#logOf(message).delivered(destination, items);
          else if (end === 'overtaken') this.#logOf(message).drop('spool_full', items);
        },
        onRelease: (released) => {
          this.#spool.release(released);
          options.onReleased?.();
        },
        onLost: ({ spans, logs = 0 }) => {
          this.#deliveryLogs.traces.drop('sender_failed', spans);
          this.#deliveryLogs.logs.drop('sender_failed', logs);
        },
      },
      options.signals,
      options.loopWatch && { ...options.loopWatch, resource: this.#spool.resource },
    );
  }

  get dropped(): ReadonlyMap<DropReason, number> {
    this.#countWorkers();
    return this.#deliveryLogs.traces.dropped;
  }

  get droppedLogs(): ReadonlyMap<DropReason, number> {
    this.#countWorkers();
    return this.#deliveryLogs.logs.dropped;
  }

  get delivered(): readonly number[] {
    return this.#deliveryLogs.traces.deliveredSpans;
  }

  #logOf(message: { readonly destination: number }): DeliveryLog {
    return this.#deliveryLogs[this.#signals[message.destination]!];
  }

  get #totalDropped(): number {
    return this.#deliveryLogs.traces.total + this.#deliveryLogs.logs.total;
  }

  share(): ProcessMemory {
    if (!this.#memory) {
      const { limit } = this.#budget;
      this.#memory = { words: this.#words, slots: makeSlots(limit), limit };
      this.#link.share(this.#memory);
      this.#startWhenNeeded(this.#words);
    }
    return this.#memory;
  }

  get isEmpty(): boolean {
    return this.#spool.waiting + this.#spool.open === 0;
  }

  childKilled(pid: number, signal: number): void {
    if (!this.#closed) this.#link.childKilled(pid, signal);
  }

  start(): void {
    if (!this.#closed) this.#link.start();
  }

  /** For tests. */
  get link(): SenderLink {
    return this.#link;
  }

  onStart(): void {}

  onEnd(span: FinishedSpan): void {
    try {
      if (this.#closed || !this.#takesSpans || (span.spanContext().traceFlags & SAMPLED) === 0) return;
      if (this.#spool.open === 0) this.#begin();
      const dropped = this.#hasRoom() ? this.#append(span) : 'spool_full';
      if (dropped) this.#deliveryLogs.traces.drop(dropped, 1);
      else if (this.#spool.open >= this.#batchSize) this.#seal();
    } catch (error) {
      this.#deliveryLogs.traces.drop('encode_error', 1);
      report('encoding a span', error);
    }
  }

  onLog(log: LogRecord): void {
    try {
      if (this.#closed) return;
      if (this.#spool.open === 0) this.#begin();
      const dropped = this.#hasRoomForLogs() ? this.#spool.appendLog(log, this.#handOver) : 'spool_full';
      if (dropped) this.#deliveryLogs.logs.drop(dropped, 1);
      else if (this.#spool.open >= this.#batchSize) this.#seal();
    } catch (error) {
      this.#deliveryLogs.logs.drop('encode_error', 1);
      report('encoding a log record', error);
    }
  }

  flush(ms: number): Promise<boolean> {
    return this.#flush(ms, false);
  }

  async #flush(ms: number, last: boolean): Promise<boolean> {
    const before = this.#totalDropped;
    this.#seal();
    const settled = await this.#link.flush(timerMs(ms), last);
    return settled && this.#totalDropped === before;
  }

  /** As in {@link Pipeline}; false also without threads while spans wait. */
  flushBlocking(ms: number): boolean {
    return this.#flushBlocking(ms, false);
  }

  #flushBlocking(ms: number, last: boolean): boolean {
    const before = this.#totalDropped;
    this.#seal(true);
    return this.#link.waitBlocking(timerMs(ms), last) && this.#totalDropped === before;
  }

  endBlocking(ms: number): void {
    const { traces, logs } = this.#deliveryLogs;
    traces.end();
    logs.end();
    this.#flushBlocking(ms, true);
    const cause = this.#link.isThreadForbidden ? 'no thread may be started' : undefined;
    const waiting = this.#link.waiting();
    traces.logLost(waiting.spans, cause, ms, this.#link.hasFiles);
    logs.logLost(waiting.logs, cause, ms, this.#link.hasFiles);
  }

  async forceFlush(): Promise<void> {
    await this.flush(this.#timeoutMs);
  }

  async shutdown(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flush(this.#timeoutMs, true);
    await this.#link.close();
    this.#deliveryLogs.traces.logDrops();
    this.#deliveryLogs.logs.logDrops();
  }

  /** A message would need this, perhaps blocked, thread. */
  #startWhenNeeded(words: Int32Array): void {
    const waiting = Atomics.waitAsync(words, SENDER_NEEDED, 0);
    if (waiting.async) void waiting.value.then(() => this.#link.start());
    else this.#link.start();
  }

  #countWorkers(): void {
    takeDropped(this.#words, 'spans', (reason, count) => this.#deliveryLogs.traces.drop(reason, count));
    takeDropped(this.#words, 'logs', (reason, count) => this.#deliveryLogs.logs.drop(reason, count));
  }

  #hasRoom(): boolean {
    return (
      this.#maxQueueSize === Infinity ||
      this.#spool.waiting + this.#spool.open < this.#maxQueueSize ||
      this.#collect() ||
      (this.#takesLogs && this.#link.waiting().spans + this.#spool.openSpans < this.#maxQueueSize)
    );
  }

  /** They must not displace spans. */
  #hasRoomForLogs(): boolean {
    return !this.#budget.isFullForLogs || (this.#collect() && !this.#budget.isFullForLogs);
  }

  #append(span: FinishedSpan): DropReason | undefined {
    const dropped = this.#spool.append(span, this.#handOver);
    if (dropped !== 'spool_full' || !this.#collect()) return dropped;
    return this.#spool.append(span, this.#handOver);
  }

  /** Long ticks delay the sender's messages. */
  #collect(): boolean {
    const signal = this.#link.signal;
    if (signal === this.#signalSeen) return false;
    this.#signalSeen = signal;
    const before = this.#spool.waiting;
    this.#link.collect();
    return this.#spool.waiting < before;
  }

  #begin(): void {
    if (this.#timer) return;
    // Outside requests' contexts. No `AsyncResource`: its events would reach the application's hooks inside
    // `span.end()`.
    this.#timer = context.with(ROOT_CONTEXT, () =>
      setTimeout(() => {
        this.#timer = undefined;
        this.#seal();
      }, this.#delayMs).unref(),
    );
  }

  #seal(last = false): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#spool.seal();
    if (batch) this.#link.send(batch, last);
  }

  #print(text: string): void {
    // Despite a closed pipe or replaced `console.log`.
    this.#console ??= new Console(process.stdout);
    this.#console.log(text.trimEnd());
  }
}

function diskOptions(
  { directory, key, memory, startedAt, saysEnd }: DiskSpoolOptions,
  resource: Attributes,
  encoded: Uint8Array,
): DiskOptions {
  const instance = Array.from({ length: 16 }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  return {
    memory,
    base: directory,
    key,
    instance,
    startedAt,
    saysEnd,
    service: String(resource['service.name'] ?? ''),
    resource: Buffer.from(encoded).toString('base64'),
  };
}
