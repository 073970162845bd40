import type { RecordBatch } from '../otlp-request.ts';
import { noteSignal, removeOwn } from './dead-files.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { DiskOptions } from './disk-options.ts';
import { keyOf, MAIN, WORKER } from './file-layout.ts';
import { ownIdentity } from './process-identity.ts';
import { Recovery } from './recovery.ts';
import { ASLEEP, FREE_AT, openEnd } from './spool-memory.ts';
import { serviceDirectory } from './spool-directory.ts';
import { SpoolWriter } from './spool-writer.ts';

/** Most that a killed process loses, ms, beyond a busy machine's delays. */
const WRITE_MS = 25;
/** Open spans and heartbeat: every 100 ms. */
const UPDATE_EVERY = 4;
/** Rounds without news before the sender sleeps; the next span wakes it. */
const QUIET = 8;
/** Other namespaces take 30 s of silence for death. */
const ASLEEP_MS = 10_000;
/** Random: a service's processes may restart together. */
const RECOVER_AFTER_MS = 1_000;
/** Between files of 0.5 MB. */
const RECOVER_EVERY_MS = 1_000;
/** Within this a backend reads a request. */
const READS_WITHIN_MS = 5;
/** Later, it hangs. */
const ANSWERS_WITHIN_MS = 500;
/** Between looks for dead processes; a restarted container's are silent only then. */
const LOOK_AGAIN_MS = 30_000;

export interface DiskHost {
  waiting(): number;
  eachWorkerBatch(visit: (bytes: Buffer, number: number, end: number) => void): void;
  /** @param isLeft of a dead process */
  send(batch: RecordBatch, isLeft: boolean): Promise<void>;
  heartbeat(beat: Heartbeat): void;
  log(level: 'warn' | 'error', text: string): void;
}

export class SenderDisk {
  readonly #options: DiskOptions;
  readonly #host: DiskHost;
  readonly #writer: SpoolWriter;
  readonly #recovery: Recovery;
  readonly #failed = ({ message }: Error): void =>
    this.#host.log('warn', `foreshock: a spool could not be recovered: ${message}`);
  #open: Pick<RecordBatch, 'bytes' | 'number' | 'start'> | undefined;
  /** Just sent batches' timers, by key. */
  readonly #reading = new Map<number, NodeJS.Timeout>();
  #rounds = 0;
  #quiet = 0;
  #lastEnd = 0;

  /** @param isRestart an earlier sender thread died */
  constructor(options: DiskOptions, isRestart: boolean, host: DiskHost) {
    this.#options = options;
    this.#host = host;
    const directory = serviceDirectory(options.base, options.key);
    const own = ownIdentity();
    if (isRestart) removeOwn(directory, own, options.instance);
    this.#writer = new SpoolWriter(options, (cause) =>
      host.log('warn', `foreshock: spans wait in memory only, the spool ${directory} cannot be used: ${cause}`),
    );
    this.#recovery = new Recovery(directory, {
      own,
      now: () => this.#writer.now,
      send: (batch, isLeft) => host.send(batch, isLeft),
      report: (line) => host.log('error', `foreshock: ${line}`),
      failed: this.#failed,
      pause: () => after(RECOVER_EVERY_MS * (0.5 + Math.random())),
    });
    setTimeout(() => void this.#recover(), RECOVER_AFTER_MS * (1 + Math.random()));
    this.#round();
  }

  opened(number: number, memory: SharedArrayBuffer, start: number): void {
    this.#open = { bytes: Buffer.from(memory), number, start };
    this.#writeNew();
  }

  sealed(batch: RecordBatch, ofWorker: boolean): void {
    if (this.#open?.number === batch.number && !ofWorker) this.#open = undefined;
    this.#writer.write(ofWorker ? WORKER : MAIN, batch, batch.end);
  }

  finished(number: number, ofWorker: boolean): void {
    const key = keyOf(ofWorker ? WORKER : MAIN, number);
    clearTimeout(this.#reading.get(key));
    this.#reading.delete(key);
    this.#writer.finished(ofWorker ? WORKER : MAIN, number);
  }

  /**
   * A backend that has read the request usually has its spans. Earlier it may drop a lost client's request; later,
   * unanswered, it hangs.
   */
  sent(number: number, ofWorker: boolean, isSent: boolean): void {
    const kind = ofWorker ? WORKER : MAIN;
    const key = keyOf(kind, number);
    clearTimeout(this.#reading.get(key));
    this.#reading.delete(key);
    if (!isSent) return this.#writer.sent(kind, number, false);
    const mark = (): void => {
      this.#reading.delete(key);
      this.#writer.sent(kind, number, true);
      setTimeout(() => this.#writer.sent(kind, number, false), ANSWERS_WITHIN_MS);
    };
    this.#reading.set(key, setTimeout(mark, READS_WITHIN_MS));
  }

  childKilled(pid: number, signal: number): void {
    try {
      noteSignal(this.#options.base, ownIdentity(), pid, signal);
    } catch {
      // It had none, or it is gone.
    }
  }

  /** It ends, delivered or not. */
  ending(): void {
    this.#writer.markEnded();
  }

  end(isDelivered: boolean): void {
    this.#open = undefined;
    this.#writer.end(isDelivered);
  }

  #round(): void {
    const isNew = this.#writeNew();
    if (++this.#rounds % UPDATE_EVERY === 0) {
      this.#host.heartbeat(this.#writer.update(this.#host.waiting()));
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
    this.#writer.publish();
    return isNew;
  }

  #sleep(): void {
    const { words } = this.#options.memory;
    Atomics.store(words, ASLEEP, 1);
    // Earlier spans did not wake it.
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
    await this.#recovery.run().catch(this.#failed);
    this.#writer.checkFiles();
    setTimeout(() => void this.#recover(), LOOK_AGAIN_MS * (1 + Math.random() / 2));
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
