import { report } from '@foreshock/kit';
import { MAX_EXPORT_BATCH_SIZE } from './batch-size.ts';
import type { FinishedSpan } from './finished-span.ts';
import { signalOf } from './destination.ts';
import type { LogRecord } from './log-record.ts';
import type { Pipeline, PipelineOptions } from './pipeline.ts';
import {
  countDropped,
  FLUSH_DELIVERED,
  FLUSHES_ASKED,
  FLUSHES_OVER,
  HELD_SPANS,
  notify,
  SENDER_NEEDED,
  WAKE,
  type ProcessMemory,
} from './process-memory.ts';
import type { DropReason } from './spool.ts';
import { timerMs } from './timer-limit.ts';
import { WorkerSpool } from './worker-spool.ts';

const SAMPLED = 1;
const NONE: ReadonlyMap<DropReason, number> = new Map();

/** Spans in the process's shared memory outlive this thread. */
export class WorkerPipeline implements Pipeline {
  readonly #words: Int32Array;
  readonly #spool: WorkerSpool;
  readonly #maxQueueSize: number;
  readonly #timeoutMs: number;
  readonly #takesSpans: boolean;
  #closed: boolean;

  /** @param options destinations: only some or none, as the process's are used */
  constructor({ destinations, resource, batch = {} }: PipelineOptions, memory: ProcessMemory) {
    this.#closed = destinations.length === 0;
    this.#takesSpans = destinations.some((each) => signalOf(each) === 'traces');
    this.#words = memory.words;
    this.#spool = new WorkerSpool(memory, Math.max(1, batch.maxExportBatchSize ?? MAX_EXPORT_BATCH_SIZE), resource);
    this.#maxQueueSize = batch.maxQueueSize ?? Infinity;
    this.#timeoutMs = timerMs(batch.exportTimeoutMs ?? 30_000);
  }

  /** Counted and logged in the sender's thread. */
  get dropped(): ReadonlyMap<DropReason, number> {
    return NONE;
  }

  get droppedLogs(): ReadonlyMap<DropReason, number> {
    return NONE;
  }

  get delivered(): readonly number[] {
    return [];
  }

  onStart(): void {}

  onEnd(span: FinishedSpan): void {
    try {
      if (this.#closed || !this.#takesSpans || (span.spanContext().traceFlags & SAMPLED) === 0) return;
      const isFull = this.#maxQueueSize !== Infinity && Atomics.load(this.#words, HELD_SPANS) >= this.#maxQueueSize;
      const dropped = isFull ? 'spool_full' : this.#spool.append(span);
      if (dropped) countDropped(this.#words, 'spans', dropped);
    } catch (error) {
      countDropped(this.#words, 'spans', 'encode_error');
      report('encoding a span', error);
    }
  }

  onLog(log: LogRecord): void {
    try {
      if (this.#closed) return;
      const dropped = this.#spool.isFullForLogs ? 'spool_full' : this.#spool.appendLog(log);
      if (dropped) countDropped(this.#words, 'logs', dropped);
    } catch (error) {
      countDropped(this.#words, 'logs', 'encode_error');
      report('encoding a log record', error);
    }
  }

  async flush(ms: number): Promise<boolean> {
    this.#spool.close();
    const words = this.#words;
    const flush = (Atomics.add(words, FLUSHES_ASKED, 1) + 1) | 0;
    notify(words, WAKE);
    notify(words, SENDER_NEEDED);
    const limit = timerMs(ms);
    const deadline = performance.now() + limit;
    // `waitAsync`'s promise keeps no thread alive.
    const timer = setTimeout(() => {}, limit);
    for (;;) {
      const over = Atomics.load(words, FLUSHES_OVER);
      const left = deadline - performance.now();
      if (((over - flush) | 0) >= 0 || left <= 0) break;
      const waiting = Atomics.waitAsync(words, FLUSHES_OVER, over, left);
      if (waiting.async) await waiting.value;
    }
    clearTimeout(timer);
    return ((Atomics.load(words, FLUSHES_OVER) - flush) | 0) >= 0 && Atomics.load(words, FLUSH_DELIVERED) === 1;
  }

  /** The sender outlives this thread. */
  flushBlocking(): boolean {
    this.#spool.close();
    return true;
  }

  endBlocking(): void {
    this.#spool.close();
  }

  /** The sender's thread knows. */
  get isEmpty(): boolean {
    return false;
  }

  start(): void {}

  async forceFlush(): Promise<void> {
    await this.flush(this.#timeoutMs);
  }

  async shutdown(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush(this.#timeoutMs);
  }
}
