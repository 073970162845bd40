import { backendOf, type Surroundings } from './backend.ts';
import type { Destination } from './destination.ts';
import { DestinationQueue, type BatchEnd, type RetryDelays } from './destination-queue.ts';
import type { Records } from './envelope.ts';

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

export interface SenderOptions extends RetryDelays {
  readonly destinations: readonly Destination[];
  /** The `user-agent` of every request. */
  readonly userAgent: string;
  /** Most spans in one request. */
  readonly maxExportBatchSize: number;
  /** What may wait for slow destinations after a fast one has it, bytes. */
  readonly lagBytes: number;
}

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
  readonly #queues: DestinationQueue[];
  readonly #waiting = new Map<number, Waiting>();
  readonly #options: SenderOptions;
  readonly #tell: (message: FromSender) => void;
  #lag = 0;

  constructor(options: SenderOptions, mainThread: boolean, tell: (message: FromSender) => void) {
    this.#options = options;
    this.#tell = tell;
    const surroundings: Surroundings = {
      mainThread,
      userAgent: options.userAgent,
      print: (text) => tell({ type: 'print', text }),
    };
    this.#queues = options.destinations.map(
      (destination, index) =>
        new DestinationQueue(backendOf(destination, surroundings), options.maxExportBatchSize, options, mainThread, {
          finished: (batch, end) => this.#finished(batch, index, end),
          unreachable: (cause) => tell({ type: 'unreachable', destination: index, cause }),
          refused: (spans, cause) => tell({ type: 'refused', destination: index, spans, cause }),
        }),
    );
  }

  accept(message: ToSender): void {
    if (message.type === 'flush') {
      void Promise.all(this.#queues.map((queue) => queue.flush(message.patienceMs))).then(() =>
        this.#tell({ type: 'flushed', id: message.id }),
      );
      return;
    }
    const { number, start, end, spans, done } = message;
    const queues = this.#queues.filter((_, index) => !(done & (1 << index)));
    const overtaking = queues.length < this.#queues.length;
    const batch: Waiting = {
      bytes: Buffer.from(message.memory),
      number,
      start,
      end,
      spans,
      left: queues.length,
      overtaking,
    };
    this.#waiting.set(number, batch);
    if (overtaking) this.#lag += end - start;
    for (const queue of queues) queue.push(batch);
    if (overtaking) this.#overtake();
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
      for (const [index, queue] of this.#queues.entries()) {
        if (!queue.abandon(batch)) continue;
        // Comes back here, and goes on until the lag fits or all that is left is on its way.
        return this.#finished(batch, index, 'overtaken');
      }
    }
  }
}
