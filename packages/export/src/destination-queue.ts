import type { Backend, Outcome } from './backend.ts';
import { countOf, type Signal } from './destination.ts';
import { splitRecords, type RecordBatch } from './otlp-request.ts';
import { MAX_IN_FLIGHT } from './target.ts';

/** Overtaken: a slow destination held the spool's memory. */
export type BatchEnd = 'delivered' | 'refused' | 'overtaken';

export interface RetryDelays {
  /** First delay, ms; doubles to `maxBackoffMs`. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export interface QueueEvents {
  finished(batch: RecordBatch, end: BatchEnd): void;
  /** True: the backend has it, unless it fails, from now on; false: it has failed. */
  sent?(batch: RecordBatch, isSent: boolean): void;
  unreachable(cause: string): void;
  refused(items: number, cause: string): void;
}

/** Some receivers refuse larger ones, which take memory. */
const MAX_LOAD_BYTES = 1 << 20;
/** Mean pause between requests after an outage, ms: all processes catch up at once. */
const CATCH_UP_PAUSE_MS = 50;

interface Split {
  readonly whole: RecordBatch;
  pieces: number;
  end: BatchEnd;
}

interface Flush {
  /** Answered: the whole time-out applies. */
  readonly answered: () => void;
  readonly end: () => void;
}

export class DestinationQueue {
  readonly #backend: Backend;
  readonly #delays: RetryDelays;
  readonly #mainThread: boolean;
  readonly #signal: Signal;
  readonly #events: QueueEvents;
  readonly #waiting: RecordBatch[] = [];
  /** By arrival: concurrent requests fail in any order. */
  readonly #order = new WeakMap<RecordBatch, number>();
  #pushed = 0;
  readonly #splits = new Map<RecordBatch, Split>();
  readonly #flushes = new Set<Flush>();
  #maxItems: number;
  #maxBytes = MAX_LOAD_BYTES;
  #inFlight = 0;
  /** Unanswered requests' start; `performance.now()` ms. */
  #silentSince = 0;
  #failures = 0;
  /** Spans of a past outage wait. */
  #isCatchingUp = false;
  #pause: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** End of `Retry-After`; `performance.now()` ms. */
  #askedUntil = 0;

  /**
   * @param maxItems per request
   * @param mainThread timers must not keep the process alive
   */
  constructor(
    backend: Backend,
    maxItems: number,
    delays: RetryDelays,
    mainThread: boolean,
    events: QueueEvents,
    signal: Signal = 'traces',
  ) {
    this.#signal = signal;
    this.#backend = backend;
    this.#maxItems = maxItems;
    this.#delays = delays;
    this.#mainThread = mainThread;
    this.#events = events;
  }

  push(batch: RecordBatch): void {
    this.#order.set(batch, this.#pushed++);
    this.#waiting.push(batch);
    this.#next();
  }

  /** False if in flight, split or absent. */
  abandon(batch: RecordBatch): boolean {
    const at = this.#waiting.indexOf(batch);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    return true;
  }

  /** Resolves when empty, after a failed request, or after `patienceMs`. */
  flush(patienceMs: number): Promise<void> {
    if (this.#idle) return Promise.resolve();
    // `Retry-After` exceeds the time left.
    const asked = this.#retry !== undefined && this.#askedUntil > performance.now();
    if (asked && this.#askedUntil - performance.now() > patienceMs) return Promise.resolve();
    return new Promise((resolve) => {
      const until = performance.now() + patienceMs;
      const end = (): void => {
        clearTimeout(timer);
        this.#flushes.delete(flush);
        resolve();
      };
      const arm = (ms: number): NodeJS.Timeout => this.#unref(setTimeout(end, ms));
      let timer = arm(asked ? patienceMs : this.#patience(patienceMs));
      const flush: Flush = {
        end,
        answered() {
          clearTimeout(timer);
          timer = arm(until - performance.now());
        },
      };
      this.#flushes.add(flush);
      if (!asked) this.#resume();
    });
  }

  /** Silent backends get part of the time. */
  #patience(ms: number): number {
    const least = ms / 4;
    if (this.#failures > 0) return least;
    return this.#inFlight > 0 ? Math.max(least, ms - (performance.now() - this.#silentSince)) : ms;
  }

  get #idle(): boolean {
    return this.#waiting.length === 0 && this.#inFlight === 0;
  }

  #next(): void {
    if (this.#waiting.length === 0) this.#isCatchingUp = false;
    // Does not overload a recovering backend.
    const limit = this.#failures > 0 || this.#isCatchingUp ? 1 : MAX_IN_FLIGHT;
    while (!this.#retry && !this.#pause && this.#inFlight < limit && this.#waiting.length > 0)
      void this.#deliver(this.#nextRequest());
  }

  /** Outages leave many small batches. */
  #nextRequest(): RecordBatch[] {
    const batches: RecordBatch[] = [];
    let items = 0;
    let bytes = 0;
    for (const batch of this.#waiting) {
      items += countOf(batch, this.#signal);
      bytes += batch.end - batch.start;
      if (batches.length > 0 && (items > this.#maxItems || bytes > this.#maxBytes)) break;
      batches.push(batch);
    }
    this.#waiting.splice(0, batches.length);
    return batches;
  }

  async #deliver(batches: RecordBatch[]): Promise<void> {
    if (this.#inFlight++ === 0) this.#silentSince = performance.now();
    let outcome: Outcome;
    try {
      outcome = await this.#backend.send(batches, this.#sentEvent(batches));
    } catch (error) {
      outcome = { kind: 'rejected', cause: `the request could not be made: ${(error as Error).message}` };
    }
    this.#inFlight--;
    if (outcome.kind === 'retry') {
      this.#sent(batches, false);
      this.#failed(batches, outcome.cause, outcome.afterMs);
    } else {
      this.#answered(batches, outcome);
      this.#pauseToCatchUp();
    }
    this.#next();
    if (this.#idle) this.#endFlushes();
  }

  /** Random, as all processes begin together; not at this one's end. */
  #pauseToCatchUp(): void {
    if (!this.#isCatchingUp || this.#flushes.size > 0 || this.#pause || this.#waiting.length === 0) return;
    this.#pause = this.#unref(setTimeout(() => this.#resume(), CATCH_UP_PAUSE_MS * (0.5 + Math.random())));
  }

  /** A backend that has failed may fail again: what it has would then be lost with this process. */
  #sentEvent(batches: RecordBatch[]): (() => void) | undefined {
    return this.#events.sent && this.#failures === 0 ? () => this.#sent(batches, true) : undefined;
  }

  /** Unknown for a batch sent in pieces. */
  #sent(batches: RecordBatch[], isSent: boolean): void {
    for (const batch of batches) if (!this.#splits.has(batch)) this.#events.sent?.(batch, isSent);
  }

  #itemsOf(batches: readonly RecordBatch[]): number {
    return batches.reduce((sum, batch) => sum + countOf(batch, this.#signal), 0);
  }

  /** After 413; false for one item. */
  #halve(batches: RecordBatch[]): boolean {
    const items = this.#itemsOf(batches);
    if (items < 2) return false;
    const bytes = batches.reduce((sum, { start, end }) => sum + end - start, 0);
    this.#maxItems = Math.min(this.#maxItems, Math.ceil(items / 2));
    this.#maxBytes = Math.min(this.#maxBytes, Math.ceil(bytes / 2));
    this.#putBack(batches.flatMap((batch) => this.#split(batch)));
    return true;
  }

  /** Oldest first. */
  #putBack(batches: readonly RecordBatch[]): void {
    const orderOf = (batch: RecordBatch): number => this.#order.get(batch)!;
    const later = this.#waiting.findIndex((batch) => orderOf(batch) > orderOf(batches[0]!));
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, ...batches);
  }

  #split(batch: RecordBatch): RecordBatch[] {
    if (countOf(batch, this.#signal) <= this.#maxItems && batch.end - batch.start <= this.#maxBytes) return [batch];
    const pieces = splitRecords(batch, this.#signal);
    if (pieces.length < 2) return [batch];
    const split = this.#splits.get(batch) ?? { whole: batch, pieces: 1, end: 'refused' };
    split.pieces += pieces.length - 1;
    this.#splits.delete(batch);
    for (const piece of pieces) {
      this.#splits.set(piece, split);
      this.#order.set(piece, this.#order.get(batch)!);
    }
    return pieces;
  }

  #answered(batches: RecordBatch[], outcome: Exclude<Outcome, { kind: 'retry' }>): void {
    if (this.#failures > 0) this.#isCatchingUp = true;
    this.#failures = 0;
    this.#silentSince = performance.now();
    for (const flush of this.#flushes) flush.answered();
    if (outcome.kind === 'too_large') {
      this.#sent(batches, false);
      if (this.#halve(batches)) return;
    }
    if (outcome.kind !== 'delivered') {
      this.#events.refused(this.#itemsOf(batches), outcome.cause);
      for (const batch of batches) this.#finished(batch, 'refused');
      return;
    }
    const { rejectedSpans, message } = outcome;
    if (rejectedSpans || message) this.#events.refused(rejectedSpans ?? 0, message ?? 'without a reason');
    for (const batch of batches) this.#finished(batch, 'delivered');
  }

  #finished(batch: RecordBatch, end: BatchEnd): void {
    const split = this.#splits.get(batch);
    if (!split) return this.#events.finished(batch, end);
    this.#splits.delete(batch);
    if (end === 'delivered') split.end = end;
    if (--split.pieces === 0) this.#events.finished(split.whole, split.end);
  }

  #failed(batches: RecordBatch[], cause: string, afterMs = 0): void {
    this.#putBack(batches);
    // Concurrent failures count once.
    if (!this.#retry) {
      this.#failures++;
      const { backoffMs, maxBackoffMs } = this.#delays;
      const delay = Math.min(backoffMs * 2 ** (this.#failures - 1), maxBackoffMs) * (0.5 + Math.random() / 2);
      this.#askedUntil = performance.now() + afterMs;
      // `Retry-After` of 0 or in the past: no tight loop.
      this.#retry = this.#unref(setTimeout(() => this.#resume(), Math.max(afterMs, delay)));
    }
    this.#events.unreachable(cause);
    this.#endFlushes();
  }

  #resume(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#pause);
    this.#retry = this.#pause = undefined;
    this.#next();
  }

  #endFlushes(): void {
    for (const flush of this.#flushes) flush.end();
  }

  #unref(timer: NodeJS.Timeout): NodeJS.Timeout {
    return this.#mainThread ? timer.unref() : timer;
  }
}
