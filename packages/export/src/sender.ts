import { backendOf, type Surroundings } from './backend.ts';
import { hintCollection } from './collection-hint.ts';
import { countOf, needless, signalOf, takersOf, type Destination, type Signal } from './destination.ts';
import type { Heartbeat } from './disk/heartbeat.ts';
import { SenderDisk } from './disk/sender-disk.ts';
import type { DiskOptions } from './disk/disk-options.ts';
import { DestinationQueue, type BatchEnd, type RetryDelays } from './destination-queue.ts';
import type { RecordBatch } from './otlp-request.ts';
import { FLUSH_DELIVERED, FLUSHES_ASKED, FLUSHES_OVER, type ProcessMemory } from './process-memory.ts';
import { WorkerBatches } from './worker-batches.ts';

export type ToSender =
  | { readonly type: 'share'; readonly memory: ProcessMemory }
  | {
      readonly type: 'batch';
      readonly number: number;
      readonly memory: SharedArrayBuffer;
      readonly start: number;
      readonly end: number;
      readonly spans: number;
      readonly logs: number;
      /** Destinations that have it or need nothing of it, as bits by index. */
      readonly done: number;
    }
  /** Only with a spool on disk: the sender reads a growing batch. */
  | { readonly type: 'open'; readonly number: number; readonly memory: SharedArrayBuffer; readonly start: number }
  /** A signal ended this process's child. */
  | { readonly type: 'child_killed'; readonly pid: number; readonly signal: number }
  /** Answered by `flushed` when all is sent, failed, or after `patienceMs`. */
  | { readonly type: 'flush'; readonly id: number; readonly patienceMs: number; readonly last: boolean };

export type FromSender =
  | { readonly type: 'ready' }
  | { readonly type: 'exit' }
  /** Negative for worker threads' batches. */
  | {
      readonly type: 'done';
      readonly number: number;
      readonly destination: number;
      readonly end: BatchEnd;
      /** Spans or log records, as the destination takes. */
      readonly items: number;
    }
  | { readonly type: 'unreachable'; readonly destination: number; readonly cause: string }
  /** 0 items: the backend's mere message. */
  | { readonly type: 'refused'; readonly destination: number; readonly items: number; readonly cause: string }
  /** Of dead processes: no destination takes them. */
  | { readonly type: 'unwanted'; readonly signal: Signal; readonly items: number }
  | { readonly type: 'print'; readonly text: string }
  | { readonly type: 'log'; readonly level: 'warn' | 'error'; readonly text: string }
  /** With the main thread's waiting batches. */
  | { readonly type: 'flushed'; readonly id: number; readonly waiting: readonly number[] };

export interface SenderOptions extends RetryDelays {
  readonly destinations: readonly Destination[];
  readonly userAgent: string;
  /** Per request. */
  readonly maxExportBatchSize: number;
  /** Most bytes waiting for slow destinations alone. */
  readonly lagBytes: number;
  /** For worker threads: from a batch's first span; ms. */
  readonly scheduleDelayMs: number;
  readonly disk?: DiskOptions | undefined;
  /** An earlier thread died. */
  readonly isRestart?: boolean;
}

const WORKER_FLUSH_MS = 10_000;
/** Of waiting batches: an outage's, worth a collection. */
const MANY_BYTES = 4 << 20;
/** Bits of any destinations. */
const ALL = -1;
const SIGNALS: readonly Signal[] = ['traces', 'logs'];

interface Waiting extends RecordBatch {
  readonly name: number;
  /** As a worker thread wrote it. */
  readonly written: RecordBatch | undefined;
  /** A dead process's: called when finished. */
  readonly recovered: (() => void) | undefined;
  /** Destinations that have not finished it, as bits by index. */
  pending: number;
  /** Unsent or failed destinations, as bits by index. */
  unsent: number;
  /** Whether a destination has it. */
  overtaking: boolean;
}

/** On the main thread where threads are forbidden: only its memory and the network. */
export class Sender {
  /** With a spool on disk. */
  onHeartbeat: (beat: Heartbeat) => void = () => {};
  readonly #queues: DestinationQueue[];
  /** Destinations as bits by index. */
  readonly #takers: Readonly<Record<Signal, number>>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #options: SenderOptions;
  readonly #isMainThread: boolean;
  readonly #post: (message: FromSender) => void;
  readonly #disk: SenderDisk | undefined;
  #workers: WorkerBatches | undefined;
  #lag = 0;
  /** Waiting. */
  #spans = 0;
  /** Waiting; the most since none did, or was worth a hint. */
  #bytes = 0;
  #mostBytes = 0;
  #unnamed = 0;
  #flushesSeen = 0;

  constructor(options: SenderOptions, mainThread: boolean, post: (message: FromSender) => void) {
    this.#options = options;
    this.#isMainThread = mainThread;
    this.#post = post;
    const surroundings: Surroundings = {
      mainThread,
      userAgent: options.userAgent,
      print: (text) => post({ type: 'print', text }),
    };
    this.#queues = options.destinations.map(
      (destination, index) =>
        new DestinationQueue(
          backendOf(destination, surroundings),
          options.maxExportBatchSize,
          options,
          mainThread,
          {
            finished: (batch, end) => this.#finished(batch as Waiting, index, end),
            ...(options.disk &&
              !mainThread && { sent: (batch, isSent) => this.#sent(batch as Waiting, index, isSent) }),
            unreachable: (cause) => post({ type: 'unreachable', destination: index, cause }),
            refused: (items, cause) => post({ type: 'refused', destination: index, items, cause }),
          },
          signalOf(destination),
        ),
    );
    this.#takers = takersOf(options.destinations);
    // Main threads must not wait for disks.
    if (options.disk && !mainThread) this.#disk = this.#openDisk(options.disk);
  }

  #openDisk(disk: DiskOptions): SenderDisk {
    return new SenderDisk(disk, this.#options.isRestart ?? false, {
      waiting: () => this.#spans,
      eachWorkerBatch: (visit) => this.#workers?.eachOpen(visit),
      send: (batch, isLeft) => this.send(batch, isLeft),
      heartbeat: (beat) => this.onHeartbeat(beat),
      log: (level, text) => this.#post({ type: 'log', level, text }),
    });
  }

  /**
   * This thread's batch or a dead process's; resolves once no destination needs it.
   *
   * @param isLeft of a dead process
   */
  send(batch: RecordBatch, isLeft = false): Promise<void> {
    if (isLeft) this.#sayUnwanted(batch);
    return new Promise((resolve) => this.#push(batch, -++this.#unnamed, 0, undefined, resolve));
  }

  accept(message: ToSender): void {
    if (message.type === 'share') return this.#share(message.memory);
    if (message.type === 'open') return this.#disk?.opened(message.number, message.memory, message.start);
    if (message.type === 'child_killed') return this.#disk?.childKilled(message.pid, message.signal);
    if (message.type === 'flush') {
      if (message.last) this.#disk?.ending();
      void this.flush(message.patienceMs).then(async () => {
        // Recovery deletes delivered files first.
        if (message.last && this.#disk) await new Promise(setImmediate);
        if (message.last) this.#disk?.end(this.#isDelivered());
        const waiting = [...this.#waiting.keys()].filter((number) => number > 0);
        this.#post({ type: 'flushed', id: message.id, waiting });
      });
      return;
    }
    const { number, start, end, spans, logs, done } = message;
    const batch = { bytes: Buffer.from(message.memory), number, start, end, spans, logs };
    this.#disk?.sealed(batch, false);
    this.#push(batch, number, done, undefined);
  }

  #share(memory: ProcessMemory): void {
    this.#flushesSeen = Atomics.load(memory.words, FLUSHES_OVER);
    this.#workers = new WorkerBatches(memory, this.#options.scheduleDelayMs, () => this.#woken(memory.words));
    this.#workers.listen();
  }

  /** Resolves when empty, after a failure, or after `patienceMs`. */
  async flush(patienceMs: number): Promise<void> {
    this.#take(true);
    await Promise.all(this.#queues.map((queue) => queue.flush(patienceMs)));
  }

  /** Recovered batches stay in files. */
  #isDelivered(): boolean {
    for (const { recovered } of this.#waiting.values()) if (!recovered) return false;
    return true;
  }

  #take(all: boolean): void {
    this.#workers?.take((batch) => {
      this.#disk?.sealed(batch, true);
      this.#push(batch, -++this.#unnamed, 0, batch);
    }, all);
  }

  #woken(words: Int32Array): void {
    this.#disk?.workerBegan();
    const asked = Atomics.load(words, FLUSHES_ASKED);
    if (asked === this.#flushesSeen) return this.#take(false);
    this.#flushesSeen = asked;
    void this.flush(WORKER_FLUSH_MS).then(() => {
      Atomics.store(words, FLUSH_DELIVERED, this.#waiting.size === 0 ? 1 : 0);
      Atomics.store(words, FLUSHES_OVER, asked);
      Atomics.notify(words, FLUSHES_OVER);
    });
  }

  #push(
    records: RecordBatch,
    name: number,
    done: number,
    written: RecordBatch | undefined,
    recovered?: () => void,
  ): void {
    const none = needless(this.#options.destinations, records);
    const over = done | none;
    const queues = this.#queues.filter((_, index) => !(over & (1 << index)));
    const overtaking = over !== none;
    const pending = (2 ** this.#queues.length - 1) & ~over;
    const batch: Waiting = { ...records, name, written, recovered, pending, unsent: pending, overtaking };
    this.#forgetItems(batch, ALL);
    if (pending === 0) return this.#over(batch);
    this.#waiting.set(name, batch);
    this.#spans += records.spans;
    this.#bytes += records.end - records.start;
    this.#mostBytes = Math.max(this.#mostBytes, this.#bytes);
    if (overtaking) this.#lag += records.end - records.start;
    for (const queue of queues) queue.push(batch);
    if (overtaking) this.#overtake();
  }

  #sayUnwanted(batch: RecordBatch): void {
    for (const signal of SIGNALS) {
      const items = countOf(batch, signal);
      if (items > 0 && this.#takers[signal] === 0) this.#post({ type: 'unwanted', signal, items });
    }
  }

  #sent(waiting: Waiting, destination: number, isSent: boolean): void {
    const { unsent, recovered, number, written } = waiting;
    waiting.unsent = isSent ? unsent & ~(1 << destination) : unsent | (1 << destination);
    const isNews = (waiting.unsent === 0) !== (unsent === 0);
    if (isNews && !recovered) this.#disk?.sent(number, written !== undefined, isSent);
  }

  #finished(waiting: Waiting, destination: number, end: BatchEnd): void {
    const size = waiting.end - waiting.start;
    const before = waiting.pending;
    waiting.pending &= ~(1 << destination);
    this.#forgetItems(waiting, before);
    if (waiting.pending !== 0) this.#sent(waiting, destination, true);
    if (waiting.pending === 0) {
      this.#waiting.delete(waiting.name);
      this.#spans -= waiting.spans;
      this.#bytes -= size;
      this.#rest();
      if (waiting.overtaking) this.#lag -= size;
      this.#over(waiting);
    } else if (!waiting.overtaking) {
      waiting.overtaking = true;
      this.#lag += size;
    }
    const items = countOf(waiting, signalOf(this.#options.destinations[destination]!));
    this.#post({ type: 'done', number: waiting.name, destination, end, items });
    this.#overtake();
  }

  /** Once nothing waits. */
  #rest(): void {
    if (this.#waiting.size > 0) return;
    const isMuch = this.#mostBytes >= MANY_BYTES && !this.#isMainThread;
    if (!isMuch || hintCollection()) this.#mostBytes = 0;
  }

  /** A worker's spans no longer wait once the destinations for spans have them, though log records of the batch may. */
  #forgetItems({ written, pending }: Waiting, before: number): void {
    if (!written) return;
    for (const signal of SIGNALS) {
      const takers = this.#takers[signal];
      const wasNeeded = before === ALL || (before & takers) !== 0;
      if (wasNeeded && (pending & takers) === 0) this.#workers?.forget(written, signal);
    }
  }

  #over({ written, recovered, number }: Waiting): void {
    if (written) this.#workers?.release(written);
    if (recovered) recovered();
    else this.#disk?.finished(number, written !== undefined);
  }

  /** Drops batches that only slow destinations need, oldest first, for the others. */
  #overtake(): void {
    if (this.#lag <= this.#options.lagBytes) return;
    for (const batch of this.#waiting.values()) {
      if (!batch.overtaking) continue;
      for (const [index, queue] of this.#queues.entries()) {
        if (!queue.abandon(batch)) continue;
        // Recurses until the lag fits or the rest is in flight.
        return this.#finished(batch, index, 'overtaken');
      }
    }
  }
}
