import { backendOf, type Backend, type Outcome, type Surroundings } from './backend.ts';
import type { Destination } from './destination.ts';
import type { Records } from './envelope.ts';
import { MAX_IN_FLIGHT } from './post.ts';

/** What the sender is told. */
export type ToSender =
  | {
      readonly type: 'batch';
      readonly number: number;
      readonly memory: SharedArrayBuffer;
      readonly start: number;
      readonly end: number;
      readonly spans: number;
      /** Destinations, by index as bits, that have it already. */
      readonly done: number;
    }
  /** Try now whatever waits; answered by `flushed` at the latest when that failed, or after `patienceMs`. */
  | { readonly type: 'flush'; readonly id: number; readonly patienceMs: number };

/** What the sender tells. */
export type FromSender =
  | { readonly type: 'ready' }
  /** This destination needs the batch no longer. */
  | { readonly type: 'done'; readonly number: number; readonly destination: number; readonly end: BatchEnd }
  | { readonly type: 'unreachable'; readonly destination: number; readonly cause: string }
  /** So many spans were refused, of one batch or several; 0 when the backend merely had something to say. */
  | { readonly type: 'refused'; readonly destination: number; readonly spans: number; readonly cause: string }
  | { readonly type: 'print'; readonly text: string }
  | { readonly type: 'flushed'; readonly id: number };

/**
 * How a batch ended at a destination: it has it, at least in part; it refused it; or it was too slow,
 * others have the batch and the spool is needed.
 */
export type BatchEnd = 'delivered' | 'refused' | 'overtaken';

export interface SenderOptions {
  readonly destinations: readonly Destination[];
  /** Most spans in one request. */
  readonly maxExportBatchSize: number;
  /** What may wait for slow destinations after a fast one has it. */
  readonly lagBytes: number;
  /** Delay before the second attempt, ms; doubles with each failure up to `maxBackoffMs`. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** Batches are put together up to this size: larger requests are refused by some receivers, and take their size in memory. */
const MAX_LOAD_BYTES = 1 << 20;

interface Waiting extends Records {
  /** Destinations that still need it. */
  left: number;
  /** Whether at least one destination has it. */
  overtaking: boolean;
}

/**
 * Brings batches to every destination. Runs in the sender thread, or on the main thread where threads
 * are forbidden; it touches nothing but the memory it is given and the network.
 */
export class Sender {
  readonly #lanes: Lane[];
  readonly #waiting = new Map<number, Waiting>();
  readonly #options: SenderOptions;
  readonly #tell: (message: FromSender) => void;
  #lag = 0;

  constructor(options: SenderOptions, mainThread: boolean, tell: (message: FromSender) => void) {
    this.#options = options;
    this.#tell = tell;
    const surroundings: Surroundings = { mainThread, print: (text) => tell({ type: 'print', text }) };
    this.#lanes = options.destinations.map(
      (destination, index) =>
        new Lane(backendOf(destination, surroundings), options, mainThread, {
          finished: (batch, end) => this.#finished(batch, index, end),
          unreachable: (cause) => tell({ type: 'unreachable', destination: index, cause }),
          refused: (spans, cause) => tell({ type: 'refused', destination: index, spans, cause }),
        }),
    );
  }

  accept(message: ToSender): void {
    if (message.type === 'flush') {
      void Promise.all(this.#lanes.map((lane) => lane.flush(message.patienceMs))).then(() =>
        this.#tell({ type: 'flushed', id: message.id }),
      );
      return;
    }
    const { number, start, end, spans, done } = message;
    const lanes = this.#lanes.filter((_, index) => !(done & (1 << index)));
    const batch: Waiting = {
      bytes: Buffer.from(message.memory),
      number,
      start,
      end,
      spans,
      left: lanes.length,
      overtaking: false,
    };
    this.#waiting.set(number, batch);
    for (const lane of lanes) lane.push(batch);
  }

  #finished(batch: Records, destination: number, end: BatchEnd): void {
    const waiting = this.#waiting.get(batch.number);
    if (!waiting) return;
    const size = waiting.end - waiting.start;
    if (--waiting.left === 0) {
      this.#waiting.delete(batch.number);
      if (waiting.overtaking) this.#lag -= size;
    } else if (!waiting.overtaking) {
      waiting.overtaking = true;
      this.#lag += size;
    }
    this.#tell({ type: 'done', number: batch.number, destination, end });
    this.#overtake();
  }

  /** A slow destination must not fill the spool for the others: what it alone still waits for is given up, oldest first. */
  #overtake(): void {
    if (this.#lag <= this.#options.lagBytes) return;
    for (const batch of this.#waiting.values()) {
      if (!batch.overtaking) continue;
      for (const [index, lane] of this.#lanes.entries()) {
        if (!lane.abandon(batch)) continue;
        // Comes back here, and goes on until the lag fits or all that is left is on its way.
        return this.#finished(batch, index, 'overtaken');
      }
    }
  }
}

interface LaneEvents {
  finished(batch: Records, end: BatchEnd): void;
  unreachable(cause: string): void;
  refused(spans: number, cause: string): void;
}

/** One destination's queue: what waits, what is on its way, and when to try again. */
class Lane {
  readonly #backend: Backend;
  readonly #options: SenderOptions;
  readonly #mainThread: boolean;
  readonly #events: LaneEvents;
  readonly #waiting: Records[] = [];
  readonly #flushes = new Set<() => void>();
  #inFlight = 0;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  /** Until when the backend itself asked us to stay away; `performance.now()` ms. */
  #askedUntil = 0;

  constructor(backend: Backend, options: SenderOptions, mainThread: boolean, events: LaneEvents) {
    this.#backend = backend;
    this.#options = options;
    this.#mainThread = mainThread;
    this.#events = events;
  }

  push(batch: Records): void {
    this.#waiting.push(batch);
    this.#next();
  }

  /** Takes a batch out again; false when it is on its way or not here. */
  abandon(batch: Records): boolean {
    const at = this.#waiting.indexOf(batch);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    return true;
  }

  /** Tries now, and resolves when nothing is left, when that failed, or when patience is over. */
  flush(patienceMs: number): Promise<void> {
    if (this.#idle) return Promise.resolve();
    // The backend asked us to come back later than we can: that is its answer.
    const asked = this.#retry !== undefined && this.#askedUntil > performance.now();
    if (asked && this.#askedUntil - performance.now() > patienceMs) return Promise.resolve();
    return new Promise((resolve) => {
      // It has not answered so far: it gets a chance, not all the time there is.
      const patience = this.#failures > 0 && !asked ? patienceMs / 4 : patienceMs;
      const over = (): void => {
        clearTimeout(timer);
        this.#flushes.delete(over);
        resolve();
      };
      const timer = this.#unref(setTimeout(over, patience));
      this.#flushes.add(over);
      if (!asked) this.#resume();
    });
  }

  get #idle(): boolean {
    return this.#waiting.length === 0 && this.#inFlight === 0;
  }

  #next(): void {
    // After a failure one request at a time: a backend that comes back is not met by all that waited.
    const limit = this.#failures > 0 ? 1 : MAX_IN_FLIGHT;
    while (!this.#retry && this.#inFlight < limit && this.#waiting.length > 0) void this.#deliver(this.#load());
  }

  /** As many waiting batches as make one request: after an outage there may be many small ones. */
  #load(): Records[] {
    const load: Records[] = [];
    let spans = 0;
    let bytes = 0;
    for (const batch of this.#waiting) {
      spans += batch.spans;
      bytes += batch.end - batch.start;
      if (load.length > 0 && (spans > this.#options.maxExportBatchSize || bytes > MAX_LOAD_BYTES)) break;
      load.push(batch);
    }
    this.#waiting.splice(0, load.length);
    return load;
  }

  async #deliver(load: Records[]): Promise<void> {
    this.#inFlight++;
    let outcome: Outcome;
    try {
      outcome = await this.#backend.send(load);
    } catch (error) {
      outcome = { kind: 'rejected', cause: `the request could not be made: ${(error as Error).message}` };
    }
    this.#inFlight--;
    if (outcome.kind === 'retry') this.#failed(load, outcome.cause, outcome.afterMs);
    else this.#answered(load, outcome);
    this.#next();
    if (this.#idle) this.#endFlushes();
  }

  #answered(load: Records[], outcome: Exclude<Outcome, { kind: 'retry' }>): void {
    this.#failures = 0;
    if (outcome.kind === 'rejected') {
      this.#events.refused(
        load.reduce((sum, { spans }) => sum + spans, 0),
        outcome.cause,
      );
      for (const batch of load) this.#events.finished(batch, 'refused');
      return;
    }
    const { rejectedSpans, message } = outcome;
    if (rejectedSpans || message) this.#events.refused(rejectedSpans ?? 0, message ?? 'without a reason');
    for (const batch of load) this.#events.finished(batch, 'delivered');
  }

  #failed(load: Records[], cause: string, afterMs: number | undefined): void {
    this.#waiting.unshift(...load);
    // Several requests on their way fail together: that is one failure.
    if (!this.#retry) {
      this.#failures++;
      const { backoffMs, maxBackoffMs } = this.#options;
      const delay = Math.min(backoffMs * 2 ** (this.#failures - 1), maxBackoffMs);
      if (afterMs !== undefined) this.#askedUntil = performance.now() + afterMs;
      this.#retry = this.#unref(setTimeout(() => this.#resume(), afterMs ?? delay * (0.5 + Math.random() / 2)));
    }
    this.#events.unreachable(cause);
    this.#endFlushes();
  }

  #resume(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#next();
  }

  #endFlushes(): void {
    for (const over of this.#flushes) over();
  }

  #unref(timer: NodeJS.Timeout): NodeJS.Timeout {
    return this.#mainThread ? timer.unref() : timer;
  }
}
