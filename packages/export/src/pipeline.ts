import { Console } from 'node:console';
import { context, ROOT_CONTEXT, type Attributes } from '@opentelemetry/api';
import { log, report } from '@foreshock/kit';
import { nameOf, type Destination } from './destination.ts';
import { showOpenBatch, type SpoolMemory } from './disk/spool-memory.ts';
import type { DiskOptions } from './disk/spool-writer.ts';
import type { FinishedSpan } from './finished-span.ts';
import { DeliveryLog } from './delivery-log.ts';
import type { LoopWatchData } from './loop-watch.ts';
import { budgetOf, makeSlots, makeWords, SENDER_NEEDED, takeDropped, type ProcessMemory } from './process-memory.ts';
import { SenderLink, type SignalThread } from './sender-link.ts';
import { Spool, type Batch, type DropReason } from './spool.ts';
import { timerMs } from './timer-limit.ts';

/** When batches are made; `OTEL_BSP_*`. */
export interface BatchOptions {
  /** A batch that is not full is sent this long after its first span; ms, default 5,000. */
  readonly scheduleDelayMs?: number | undefined;
  /** A batch is sent when it has this many spans; default 512. */
  readonly maxExportBatchSize?: number | undefined;
  /** Most spans that may wait, on top of the limit in bytes; default none. */
  readonly maxQueueSize?: number | undefined;
  /** The longest that `forceFlush` and `shutdown` take; ms, default 30,000. */
  readonly exportTimeoutMs?: number | undefined;
}

/** A spool on disk beside the one in memory: what the process leaves when it is killed. */
export interface DiskSpoolOptions {
  /** The directory for the spools of all services; made if it is not there, private to this user. */
  readonly directory: string;
  /** What the processes have in common that send what is left of each other. */
  readonly key: string;
  /** What the main thread has in common with the sender's, see `makeSpoolMemory`. */
  readonly memory: SpoolMemory;
  /** When the process was started; ms since 1970. */
  readonly startedAt: number;
  /** Whether {@link Pipeline.endBlocking} is called before the process ends: only then a report is made of one that did not. */
  readonly saysEnd: boolean;
}

/** What a {@link SpanPipeline} is made with. */
export interface PipelineOptions {
  /** Every span goes to each; with none, spans are ignored. */
  readonly destinations: readonly Destination[];
  /** What all spans have in common: `service.name` and the rest. */
  readonly resource: Attributes;
  /** Memory for spans that wait, bytes; default 16 MiB, at least 256 KiB. */
  readonly spoolBytes?: number | undefined;
  /** Default: none. Of the main thread alone. */
  readonly disk?: DiskSpoolOptions | undefined;
  readonly batch?: BatchOptions | undefined;
  /** The sender thread's file, where this package is bundled into another: the path of one CommonJS file. Default: this package's own. */
  readonly senderUrl?: URL | string | undefined;
  /** The `user-agent` of requests; default `foreshock`. */
  readonly userAgent?: string | undefined;
  /** Has the sender's thread listen to signals; default: it does not. */
  readonly signals?: SignalThread | undefined;
  /** Has the sender's thread report blocks of the event loop while they last; default: it does not. */
  readonly loopWatch?: Omit<LoopWatchData, 'resource'> | undefined;
  /** Called when memory of spans has been given back: perhaps {@link SpanPipeline.isEmpty}. */
  readonly onReleased?: (() => void) | undefined;
  /** Delay before a failed request is sent again, ms; doubles with each failure. Default 1,000 up to 30,000. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number } | undefined;
}

/** A span processor that delivers; what {@link SpanPipeline} and its counterpart in worker threads have in common. */
export interface Pipeline {
  /** Spans dropped so far, by reason. */
  readonly dropped: ReadonlyMap<DropReason, number>;
  onStart(): void;
  /** Encodes the span, if it is sampled; never throws, and never waits. */
  onEnd(span: FinishedSpan): void;
  /**
   * Sends what there is and waits for it.
   *
   * @param ms longest wait; the process is kept alive that long
   * @returns whether all that waited is delivered, to every destination; never rejects
   */
  flush(ms: number): Promise<boolean>;
  /** As {@link flush}, while this thread stands still: for a `process.on('exit')` listener. */
  flushBlocking(ms: number): boolean;
  /** As {@link flushBlocking}, for the last time: logs what is lost, and why. */
  endBlocking(ms: number): void;
  /** Whether no span waits. */
  readonly isEmpty: boolean;
  /** Starts the sender's thread before there is anything to send. */
  start(): void;
  /** As {@link flush}, at most `exportTimeoutMs`; resolves whatever came of it. */
  forceFlush(): Promise<void>;
  /** Flushes; spans that end later are ignored. */
  shutdown(): Promise<void>;
}

const MIB = 1 << 20;
const SAMPLED = 1;

/**
 * A span processor that encodes each span as it ends, keeps the bytes, and has a thread of its own
 * send them. It holds on to no span, waits for no backend, and keeps no process alive.
 */
export class SpanPipeline implements Pipeline {
  readonly #spool: Spool;
  readonly #deliveryLog: DeliveryLog;
  readonly #link: SenderLink;
  readonly #batchSize: number;
  readonly #maxQueueSize: number;
  readonly #delayMs: number;
  readonly #timeoutMs: number;
  readonly #limit: number;
  /** What worker threads count in, and what they write to; the latter once there are some. */
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
    this.#batchSize = Math.max(1, batch.maxExportBatchSize ?? 512);
    this.#maxQueueSize = batch.maxQueueSize ?? Infinity;
    this.#delayMs = timerMs(batch.scheduleDelayMs ?? 5_000);
    this.#timeoutMs = timerMs(batch.exportTimeoutMs ?? 30_000);
    const budget = budgetOf(this.#words, spoolBytes);
    this.#limit = budget.limit;
    const { disk } = options;
    const listener = disk && showOpenBatch(disk.memory, (...began) => this.#link.opened(...began));
    this.#spool = new Spool(budget, options.resource, listener);
    this.#deliveryLog = new DeliveryLog(destinations.map(nameOf));
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
          else if (message.type === 'unreachable') this.#deliveryLog.unreachable(message.destination, message.cause);
          else this.#deliveryLog.refused(message.destination, message.spans, message.cause);
        },
        onDone: ({ destination, end, spans }) => {
          this.#countWorkers();
          if (end === 'delivered') this.#deliveryLog.delivered(destination);
          else if (end === 'overtaken') this.#deliveryLog.drop('spool_full', spans);
        },
        onRelease: (released) => {
          this.#spool.release(released);
          options.onReleased?.();
        },
        onLost: (spans) => this.#deliveryLog.drop('sender_failed', spans),
      },
      options.signals,
      options.loopWatch && { ...options.loopWatch, resource: options.resource },
    );
  }

  /** Spans dropped so far, by reason. */
  get dropped(): ReadonlyMap<DropReason, number> {
    this.#countWorkers();
    return this.#deliveryLog.dropped;
  }

  /** Memory for worker threads, whose spans this pipeline delivers too. */
  share(): ProcessMemory {
    if (!this.#memory) {
      const limit = this.#limit;
      this.#memory = { words: this.#words, slots: makeSlots(limit), limit };
      this.#link.share(this.#memory);
      this.#startWhenNeeded(this.#words);
    }
    return this.#memory;
  }

  /** Whether no span waits. */
  get isEmpty(): boolean {
    return this.#spool.waiting + this.#spool.open === 0;
  }

  /** Starts the sender's thread before there is anything to send. */
  start(): void {
    if (!this.#closed) this.#link.start();
  }

  /** For tests: the sender's end on this thread. */
  get link(): SenderLink {
    return this.#link;
  }

  onStart(): void {}

  /** Encodes the span, if it is sampled; never throws, and never waits. */
  onEnd(span: FinishedSpan): void {
    try {
      if (this.#closed || (span.spanContext().traceFlags & SAMPLED) === 0) return;
      if (this.#spool.open === 0) this.#begin();
      const dropped = this.#hasRoom() ? this.#append(span) : 'spool_full';
      if (dropped) this.#deliveryLog.drop(dropped, 1);
      else if (this.#spool.open >= this.#batchSize) this.#seal();
    } catch (error) {
      this.#deliveryLog.drop('encode_error', 1);
      report('encoding a span', error);
    }
  }

  /**
   * Sends what there is and waits for it.
   *
   * @param ms longest wait; the process is kept alive that long
   * @returns whether all that waited is delivered, to every destination; never rejects
   */
  flush(ms: number): Promise<boolean> {
    return this.#flush(ms, false);
  }

  async #flush(ms: number, last: boolean): Promise<boolean> {
    const before = this.#deliveryLog.total;
    this.#seal();
    const settled = await this.#link.flush(timerMs(ms), last);
    return settled && this.#deliveryLog.total === before;
  }

  /**
   * As {@link flush}, while this thread stands still: for a `process.on('exit')` listener, where
   * nothing asynchronous happens any more. At once false where threads are forbidden and spans wait.
   */
  flushBlocking(ms: number): boolean {
    return this.#flushBlocking(ms, false);
  }

  #flushBlocking(ms: number, last: boolean): boolean {
    const before = this.#deliveryLog.total;
    this.#seal(true);
    return this.#link.waitBlocking(timerMs(ms), last) && this.#deliveryLog.total === before;
  }

  /** As {@link flushBlocking}, for the last time: logs what is lost, and why. */
  endBlocking(ms: number): void {
    this.#deliveryLog.end();
    this.#flushBlocking(ms, true);
    this.#deliveryLog.logLost(
      this.#spool.waiting,
      this.#link.isThreadForbidden ? 'no thread may be started' : undefined,
      ms,
      this.#link.hasFiles,
    );
  }

  /** As {@link flush}, at most `exportTimeoutMs`; resolves whatever came of it. */
  async forceFlush(): Promise<void> {
    await this.flush(this.#timeoutMs);
  }

  /** Flushes, says what was dropped, and ends the sender thread. Spans that end later are ignored. */
  async shutdown(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flush(this.#timeoutMs, true);
    await this.#link.close();
    this.#deliveryLog.logDrops();
  }

  /** A worker has spans: without a message, as this thread may be blocked when they come. */
  #startWhenNeeded(words: Int32Array): void {
    const waiting = Atomics.waitAsync(words, SENDER_NEEDED, 0);
    if (waiting.async) void waiting.value.then(() => this.#link.start());
    else this.#link.start();
  }

  #countWorkers(): void {
    takeDropped(this.#words, (reason, spans) => this.#deliveryLog.drop(reason, spans));
  }

  #hasRoom(): boolean {
    return (
      this.#maxQueueSize === Infinity || this.#spool.waiting + this.#spool.open < this.#maxQueueSize || this.#collect()
    );
  }

  #append(span: FinishedSpan): DropReason | undefined {
    const dropped = this.#spool.append(span, this.#handOver);
    if (dropped !== 'spool_full' || !this.#collect()) return dropped;
    return this.#spool.append(span, this.#handOver);
  }

  /** In a long tick the sender's answers are not heard: when there is no room, look whether some have come. */
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
    // Not in the context of the request whose span comes first. Without an `AsyncResource` of ours: its events would
    // reach hooks of the application that never heard of it, in the middle of `span.end()`.
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
    // A `Console` of our own survives a closed pipe, and a `console.log` that the app has replaced.
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
