import type { RecordBatch } from '../otlp-request.ts';
import { noteSignal } from './dead-files.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { DiskOptions } from './disk-options.ts';
import { keyOf, MAIN, WORKER } from './file-layout.ts';
import { ownIdentity } from './process-identity.ts';
import { Recovery } from './recovery.ts';
import { ASLEEP, FREE_AT, openEnd } from './spool-memory.ts';
import { serviceDirectory } from './spool-directory.ts';
import { SpoolWriter } from './spool-writer.ts';

/** Most that a killed process loses, ms, beyond a busy machine's delays. Each round wakes a thread: 0.3 ms. */
const WRITE_MS = 50;
/** Between looks at open spans, and heartbeats. */
const UPDATE_MS = 100;
/** Rounds without news before the sender sleeps; the next span wakes it. */
const QUIET = 2;
/** Other namespaces take 30 s of silence for death. */
const ASLEEP_MS = 10_000;
/** Random: a service's processes may restart together. */
const RECOVER_AFTER_MS = 1_000;
/** Between files of 0.5 MB. */
const RECOVER_EVERY_MS = 1_000;
/** A backend that takes longer hangs. */
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

/** Of a batch, up to `end`. */
interface Part extends Pick<RecordBatch, 'bytes' | 'number' | 'start' | 'end'> {
  readonly kind: number;
}

export class SenderDisk {
  readonly #options: DiskOptions;
  readonly #host: DiskHost;
  readonly #writer: SpoolWriter;
  readonly #recovery: Recovery;
  readonly #failed = ({ message }: Error): void =>
    this.#host.log('warn', `foreshock: a spool could not be recovered: ${message}`);
  #open: Pick<RecordBatch, 'bytes' | 'number' | 'start'> | undefined;
  /** Unfinished, by key. */
  readonly #sealed = new Map<number, Part>();
  /** Keys of those that no round has written whole. */
  readonly #unwritten = new Set<number>();
  /** At the last round, by key. */
  #seen: ReadonlyMap<number, Part> = new Map();
  /** Taken for delivered until these timers end, by key. */
  readonly #sent = new Map<number, NodeJS.Timeout>();
  #updateAt = 0;
  #quiet = 0;
  /** Their spans wake this thread only with a new batch. */
  #workersWait = false;
  /** Else all is written at once: the file takes the place of the main thread's. */
  #hasWritten = false;
  #isAsleep = false;
  #isWaitedFor = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param isRestart an earlier sender thread died */
  constructor(options: DiskOptions, isRestart: boolean, host: DiskHost) {
    this.#options = options;
    this.#host = host;
    const directory = serviceDirectory(options.base, options.key);
    const own = ownIdentity();
    this.#writer = new SpoolWriter(options, (cause) =>
      host.log('warn', `foreshock: spans wait in memory only, the spool ${directory} cannot be used: ${cause}`),
    );
    if (isRestart) this.#writer.removeEarlier();
    this.#recovery = new Recovery(directory, {
      own: { ...own, startedAt: options.startedAt },
      now: () => this.#writer.now,
      atDisk: (run) => this.#writer.atDisk(run),
      send: (batch, isLeft) => host.send(batch, isLeft),
      report: (line) => host.log('error', `foreshock: ${line}`),
      failed: this.#failed,
      pause: () => after(RECOVER_EVERY_MS * (0.5 + Math.random())),
    });
    setTimeout(() => void this.#recover(), RECOVER_AFTER_MS * (1 + Math.random()));
    this.#updateAt = performance.now() + UPDATE_MS;
    this.#round();
  }

  opened(number: number, memory: SharedArrayBuffer, start: number): void {
    this.#open = { bytes: Buffer.from(memory), number, start };
    if (this.#isWaiting) this.#writeNew();
  }

  sealed({ bytes, number, start, end }: RecordBatch, ofWorker: boolean): void {
    if (this.#open?.number === number && !ofWorker) this.#open = undefined;
    const kind = ofWorker ? WORKER : MAIN;
    const key = keyOf(kind, number);
    this.#sealed.set(key, { kind, bytes, number, start, end });
    this.#unwritten.add(key);
    if (this.#isWaiting) this.#write(key);
  }

  finished(number: number, ofWorker: boolean): void {
    const kind = ofWorker ? WORKER : MAIN;
    const key = keyOf(kind, number);
    this.#sealed.delete(key);
    this.#unwritten.delete(key);
    this.#forgetSent(key);
    if (!ofWorker) this.#writeBefore(number);
    this.#writer.finished(kind, number);
  }

  /**
   * On return the last byte is sent: should this process be killed, the backend has it, and the next one does not send it
   * again. Unanswered for long, it hangs.
   */
  sent(number: number, ofWorker: boolean, isSent: boolean): void {
    const kind = ofWorker ? WORKER : MAIN;
    const key = keyOf(kind, number);
    this.#forgetSent(key);
    const unmark = (): void => {
      this.#forgetSent(key);
      this.#write(key);
      this.#writer.sent(kind, number, false);
    };
    if (!isSent) return unmark();
    this.#sent.set(key, setTimeout(unmark, ANSWERS_WITHIN_MS));
    this.#writer.sent(kind, number, true);
  }

  /** The main thread takes all before such a batch for written, and loses its own file. */
  #writeBefore(number: number): void {
    if (this.#writer.hasLate) {
      for (const [key, part] of this.#parts()) this.#writePart(key, part);
      return;
    }
    for (const key of this.#unwritten) {
      const part = this.#sealed.get(key);
      if (part?.kind !== MAIN) continue;
      // Numbers wrap.
      if (((part.number - number) | 0) >= 0) break;
      this.#writePart(key, part);
    }
  }

  #forgetSent(key: number): void {
    clearTimeout(this.#sent.get(key));
    this.#sent.delete(key);
  }

  /** No round will write it soon. */
  get #isWaiting(): boolean {
    return this.#isAsleep || !this.#hasWritten;
  }

  /** A worker thread has a new batch. */
  workerBegan(): void {
    if (this.#isAsleep) this.#wake();
  }

  childKilled(pid: number, signal: number): void {
    try {
      this.#writer.atDisk(() => noteSignal(this.#options.base, ownIdentity(), pid, signal));
    } catch {
      // It had none, or it is gone.
    }
  }

  /** It ends, delivered or not. */
  ending(): void {
    this.#writeSealed();
    this.#writer.markEnded();
  }

  end(isDelivered: boolean): void {
    // The last flush has taken more.
    if (!isDelivered) this.#writeSealed();
    this.#open = undefined;
    this.#sealed.clear();
    this.#writer.end(isDelivered);
  }

  /** Whoever has it may not answer in time. */
  #writeSealed(): void {
    for (const part of this.#sealed.values()) this.#writer.write(part.kind, part, part.end);
  }

  #round(): void {
    this.#quiet = this.#writeNew() || this.#workersWait ? 0 : this.#quiet + 1;
    this.#update();
    if (this.#quiet >= QUIET) this.#sleep();
    else this.#timer = setTimeout(() => this.#round(), WRITE_MS);
  }

  #update(): void {
    const now = performance.now();
    // A timer may be a little early.
    if (now < this.#updateAt - 1) return;
    this.#updateAt = now + UPDATE_MS;
    this.#writer.atDisk(() => {
      // It also looks how full the disk is.
      this.#host.heartbeat(this.#writer.update(this.#host.waiting()));
      this.#recovery.touch();
    });
  }

  /** @returns whether there is anything new */
  #writeNew(): boolean {
    const parts = this.#parts();
    let isNew = false;
    for (const [key, part] of parts) {
      if (part.end > (this.#seen.get(key)?.end ?? part.start)) isNew = true;
      this.#writePart(key, part);
      if (part.end === this.#sealed.get(key)?.end) this.#unwritten.delete(key);
    }
    this.#seen = parts;
    this.#hasWritten = this.#writer.hasBegun;
    this.#writer.publish();
    return isNew;
  }

  /** What may not be written. */
  #parts(): Map<number, Part> {
    const parts = new Map<number, Part>();
    for (const key of this.#unwritten) {
      const part = this.#sealed.get(key);
      if (part) parts.set(key, part);
    }
    const open = this.#open;
    const end = open ? openEnd(this.#options.memory, open.number) : 0;
    if (open && end > open.start) parts.set(keyOf(MAIN, open.number), { kind: MAIN, ...open, end });
    this.#workersWait = false;
    this.#host.eachWorkerBatch((bytes, number, size) => {
      this.#workersWait = true;
      parts.set(keyOf(WORKER, number), { kind: WORKER, bytes, number, start: 0, end: size });
    });
    return parts;
  }

  #write(key: number): void {
    const part = this.#sealed.get(key);
    if (part) this.#writePart(key, part);
  }

  /** Unless a backend has it: then its answer, or the want of one, says more. */
  #writePart(key: number, part: Part): void {
    if (!this.#sent.has(key)) this.#writer.write(part.kind, part, part.end);
  }

  #sleep(): void {
    const { words } = this.#options.memory;
    this.#isAsleep = true;
    Atomics.store(words, ASLEEP, 1);
    // Earlier spans did not wake it.
    if (this.#writeNew()) return this.#wake();
    this.#doze();
    if (this.#isWaitedFor) return;
    const waiting = Atomics.waitAsync(words, ASLEEP, 1);
    if (!waiting.async) return this.#wake();
    this.#isWaitedFor = true;
    void waiting.value.then(() => {
      this.#isWaitedFor = false;
      if (this.#isAsleep) this.#wake();
    });
  }

  /** Open spans that go on wake nobody. */
  #doze(): void {
    const isWatching = this.#options.memory.samples[FREE_AT]! > 0;
    this.#timer = setTimeout(
      () => {
        this.#writeNew();
        this.#update();
        this.#doze();
      },
      isWatching ? UPDATE_MS : ASLEEP_MS,
    );
  }

  #wake(): void {
    clearTimeout(this.#timer);
    Atomics.store(this.#options.memory.words, ASLEEP, 0);
    this.#isAsleep = false;
    this.#quiet = 0;
    setImmediate(() => this.#round());
  }

  async #recover(): Promise<void> {
    await this.#recovery.run().catch(this.#failed);
    if (this.#writer.checkFiles()) for (const key of this.#sealed.keys()) this.#unwritten.add(key);
    setTimeout(() => void this.#recover(), LOOK_AGAIN_MS * (1 + Math.random() / 2));
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
