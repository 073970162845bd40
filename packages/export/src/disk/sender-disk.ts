import type { RecordBatch } from '../otlp-request.ts';
import { removeOwn } from './dead-files.ts';
import { MAIN, WORKER } from './file-format.ts';
import { ownIdentity } from './process-identity.ts';
import { Recovery } from './recovery.ts';
import { ASLEEP, FREE_AT, openEnd } from './spool-memory.ts';
import { SpoolWriter, type DiskOptions } from './spool-writer.ts';

/** How often what is new is written, ms: the most that a process which is killed loses. */
const WRITE_MS = 25;
/** Every so many of these, open spans and the heartbeat are brought up to date: a span is in the file after 100 to 200 ms. */
const UPDATE_EVERY = 4;
/** Without anything new for so many, the thread sleeps. */
const QUIET = 40;
/** Asleep, it still shows now and then that the process lives, ms; after 30 s of silence it is dead to other namespaces. */
const ASLEEP_MS = 2_000;
/** The dead are looked for once the process has started, at a random moment: all of a service may have been restarted together. */
const RECOVER_AFTER_MS = 1_000;
/** Between two of their files; half a megabyte each. */
const RECOVER_EVERY_MS = 1_000;

/** What the sender does for the spool on disk. */
export interface DiskHost {
  /** Spans that wait. */
  waiting(): number;
  /** Calls with the open batches of worker threads. */
  eachWorkerBatch(visit: (bytes: Buffer, number: number, end: number) => void): void;
  send(batch: RecordBatch): Promise<void>;
  log(level: 'warn' | 'error', text: string): void;
}

/** The sender thread's part of the spool on disk: writes it, and sends what the dead have left in theirs. */
export class SenderDisk {
  readonly #options: DiskOptions;
  readonly #host: DiskHost;
  readonly #writer: SpoolWriter;
  readonly #recovery: Recovery;
  #open: Pick<RecordBatch, 'bytes' | 'number' | 'start'> | undefined;
  #rounds = 0;
  #quiet = 0;
  #lastEnd = 0;

  /** @param isRestart an earlier sender thread of this process has died */
  constructor(options: DiskOptions, isRestart: boolean, host: DiskHost) {
    this.#options = options;
    this.#host = host;
    this.#writer = new SpoolWriter(options, (cause) =>
      host.log('warn', `foreshock: spans wait in memory only, the spool ${directory} cannot be used: ${cause}`),
    );
    const { directory } = this.#writer;
    const own = ownIdentity();
    if (isRestart) removeOwn(directory, own, options.instance);
    this.#recovery = new Recovery(directory, {
      own,
      now: () => this.#writer.now,
      send: (batch) => host.send(batch),
      report: (line) => host.log('error', `foreshock: ${line}`),
      pause: () => after(RECOVER_EVERY_MS * (0.5 + Math.random())),
    });
    void after(RECOVER_AFTER_MS * (1 + Math.random())).then(() => this.#recover());
    this.#round();
  }

  /** The main thread has begun a batch. */
  opened(number: number, memory: SharedArrayBuffer, start: number): void {
    this.#open = { bytes: Buffer.from(memory), number, start };
  }

  /** A batch is complete. */
  sealed(batch: RecordBatch, ofWorker: boolean): void {
    if (this.#open?.number === batch.number && !ofWorker) this.#open = undefined;
    this.#writer.write(ofWorker ? WORKER : MAIN, batch, batch.end);
  }

  /** No destination needs the batch any more. */
  finished(number: number, ofWorker: boolean): void {
    this.#writer.finished(ofWorker ? WORKER : MAIN, number);
  }

  /** The process ends. */
  end(isDelivered: boolean): void {
    this.#open = undefined;
    this.#writer.end(isDelivered);
  }

  #round(): void {
    const isNew = this.#writeNew();
    if (++this.#rounds % UPDATE_EVERY === 0) {
      this.#writer.update(this.#host.waiting());
      this.#recovery.touch();
    }
    this.#quiet = isNew || this.#options.memory.samples[FREE_AT]! > 0 ? 0 : this.#quiet + 1;
    if (this.#quiet < QUIET) setTimeout(() => this.#round(), WRITE_MS);
    else this.#sleep();
  }

  #writeNew(): boolean {
    let isNew = false;
    const open = this.#open;
    const end = open ? openEnd(this.#options.memory, open.number) : 0;
    if (open && end > open.start) {
      this.#writer.write(MAIN, open, end);
      isNew = end !== this.#lastEnd;
      this.#lastEnd = end;
    }
    this.#host.eachWorkerBatch((bytes, number, size) => {
      this.#writer.write(WORKER, { bytes, number, start: 0 }, size);
      isNew = true;
    });
    return isNew;
  }

  /** Until the main thread, or a worker thread, has something again. */
  #sleep(): void {
    const { words } = this.#options.memory;
    Atomics.store(words, ASLEEP, 1);
    // What came before that has woken nobody.
    if (this.#writeNew()) Atomics.store(words, ASLEEP, 0);
    const waiting = Atomics.waitAsync(words, ASLEEP, 1, ASLEEP_MS);
    const go = (): void => {
      this.#quiet = Atomics.load(words, ASLEEP) === 1 ? QUIET : 0;
      this.#rounds = UPDATE_EVERY - 1;
      this.#round();
    };
    if (waiting.async) void waiting.value.then(go);
    else setImmediate(go);
  }

  async #recover(): Promise<void> {
    try {
      await this.#recovery.run();
    } catch (error) {
      this.#host.log('warn', `foreshock: a spool could not be recovered: ${(error as Error).message}`);
    }
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
