import type { RecordBatch } from '../otlp-request.ts';
import {
  overwrite,
  claim,
  findDead,
  isReplaced,
  readWhole,
  removeHeaderless,
  removeFile,
  touch,
  type DeadProcess,
  type Seeker,
} from './dead-files.ts';
import { deathOf, reportLine, reportSpans, type Death } from './death-report.ts';
import { coreFileOf } from './core-file.ts';
import { readEndRequest } from './end-request.ts';
import { readFrames } from './file-format.ts';
import {
  BEATS_AT,
  ENDED_AT,
  HEADER_BYTES,
  HOME_DATA_AT,
  KILLED_BY_AT,
  OPEN_SPANS_AT,
  type FileHeader,
} from './file-layout.ts';
import { BEAT_BYTES, BEATS, readHeartbeats } from './heartbeat.ts';
import { readHeapProfile } from './found-profile.ts';
import { KnownRecords } from './known-records.ts';
import { readKernelMemory } from './memory-limits.ts';
import { readOpenSpans, type OpenSpan } from './open-span-copy.ts';
import { isSameNamespace } from './process-identity.ts';
import { readSentBatches } from './sent-batches.ts';
import { SilentFiles } from './silent-files.ts';

export interface RecoveryHost {
  readonly own: Seeker;
  /** By the clock of the file system; ms since 1970. */
  now(): number;
  /** What may wait for the disk. */
  atDisk<T>(run: () => T): T;
  /**
   * Resolves once no destination needs it.
   *
   * @param isLeft of the dead; else about it
   */
  send(batch: RecordBatch, isLeft: boolean): Promise<void>;
  report(line: string): void;
  /** Deaths are reported once delivered; else at once, as the backend may be down. */
  readonly reportsDelivered?: boolean;
  failed(error: Error): void;
  /** Before the next file. */
  pause(): Promise<void>;
}

export interface Recovered {
  processes: number;
  spans: number;
  deaths: number;
}

interface Claimed {
  readonly name: string;
  readonly header: FileHeader;
}

/** Between touches; others take 30 s of silence for death. */
const TOUCH_EVERY_MS = 5_000;

/** Field 2, after the 16-byte trace ID (opentelemetry/proto/trace/v1/trace.proto). */
function spanIdOf(span: Buffer): string {
  return span[0] === 0x0a && span[1] === 16 && span[18] === 0x12 && span[19] === 8 ? span.toString('hex', 20, 28) : '';
}

/** Oldest process first, each file once. */
export class Recovery {
  readonly #directory: string;
  readonly #host: RecoveryHost;
  readonly #held = new Set<string>();
  readonly #silent = new SilentFiles();
  #touchAt = 0;
  readonly recovered: Recovered = { processes: 0, spans: 0, deaths: 0 };

  constructor(directory: string, host: RecoveryHost) {
    this.#directory = directory;
    this.#host = host;
  }

  /** Again after at least 30 s: another container's process may live. */
  async run(): Promise<Recovered> {
    const { failed } = this.#host;
    for (const dead of this.#host.atDisk(() => this.#find())) {
      // One must not keep the others.
      await this.#recover(dead).catch(failed);
    }
    return this.recovered;
  }

  #find(): DeadProcess[] {
    const isSilent = this.#silent.look(this.#host.now());
    removeHeaderless(this.#directory, isSilent);
    return findDead(this.#directory, this.#host.own, isSilent);
  }

  /** Shows others that files have an owner. */
  touch(): void {
    const now = performance.now();
    if (now < this.#touchAt) return;
    this.#touchAt = now + TOUCH_EVERY_MS;
    for (const name of this.#held) {
      try {
        touch(this.#directory, name);
      } catch {
        this.#held.delete(name);
      }
    }
  }

  async #recover({ files }: DeadProcess): Promise<void> {
    const { atDisk } = this.#host;
    const claimed = atDisk(() => this.#claim(files));
    if (claimed.length === 0) return;
    this.recovered.processes++;
    const wasKilled = await this.#report(claimed);
    const hasLate = claimed.some(({ header }) => header.late);
    const known = hasLate ? atDisk(() => this.#readKnown(claimed)) : undefined;
    for (const { name, header } of claimed) await this.#deliver(name, header, wasKilled, known);
  }

  /** @returns none if another process was faster */
  #claim(files: DeadProcess['files']): Claimed[] {
    const claimed: Claimed[] = [];
    for (const file of files) {
      const name = claim(this.#directory, file, this.#host.own);
      if (name !== undefined) {
        this.#held.add(name);
        claimed.push({ name, header: file.header });
      } else if (file.header.home) return [];
    }
    return claimed;
  }

  /** What the main thread's late file need not have. */
  #readKnown(files: readonly Claimed[]): KnownRecords {
    const known = new KnownRecords();
    for (const { name, header } of files) {
      const bytes = header.late ? undefined : readWhole(this.#directory, name);
      if (!bytes) continue;
      for (const batch of readFrames(bytes, header.home ? HOME_DATA_AT : HEADER_BYTES).batches) known.add(batch);
      for (const key of readSentBatches(bytes)) known.addSent(key);
    }
    return known;
  }

  /** @param wasKilled perhaps before an answer */
  async #deliver(name: string, header: FileHeader, wasKilled: boolean, known?: KnownRecords): Promise<void> {
    const { atDisk } = this.#host;
    const bytes = atDisk(() => readWhole(this.#directory, name));
    if (bytes) {
      const sent = wasKilled ? readSentBatches(bytes) : undefined;
      const frames = readFrames(bytes, header.home ? HOME_DATA_AT : HEADER_BYTES);
      const own = header.late && known ? known.without(frames.batches, wasKilled) : frames.batches;
      const batches = own.filter(({ key }) => !sent?.has(key));
      await Promise.all(batches.map((batch) => this.#host.send(batch, true)));
      for (const { spans } of batches) this.recovered.spans += spans;
    }
    this.#held.delete(name);
    atDisk(() => removeFile(this.#directory, name));
    if (bytes) await this.#host.pause();
  }

  /** @returns whether it was killed */
  async #report(files: readonly Claimed[]): Promise<boolean> {
    const [first] = files;
    if (!first?.header.home || !first.header.saysEnd) return false;
    const found = this.#host.atDisk(() => this.#readDeath(first, files));
    if (!found) return false;
    if (found.isUntold) return true;
    const { death } = found;
    const spans = reportSpans(death);
    if (!this.#host.reportsDelivered) this.#host.report(reportLine(death));
    await this.#host.send(spans, false);
    if (this.#host.reportsDelivered) this.#host.report(reportLine(death));
    this.recovered.deaths++;
    this.recovered.spans += spans.spans;
    // Prevents a second.
    this.#host.atDisk(() => overwrite(this.#directory, first.name, Buffer.of(1), ENDED_AT));
    return true;
  }

  /** @returns undefined after a regular end */
  #readDeath(first: Claimed, files: readonly Claimed[]): { death: Death; isUntold: boolean } | undefined {
    const bytes = readWhole(this.#directory, first.name);
    if (!bytes || bytes[ENDED_AT] === 1) return undefined;
    const finished = new Set<string>();
    const times: number[] = [];
    let lastAt = 0;
    let isDelivered = true;
    for (const { name, header } of files) {
      const whole = name === first.name ? bytes : readWhole(this.#directory, name);
      if (!whole) continue;
      const frames = readFrames(whole, header.home ? HOME_DATA_AT : HEADER_BYTES, (span, at) => {
        const spanId = spanIdOf(span);
        if (finished.has(spanId)) return;
        finished.add(spanId);
        times.push(at);
      });
      lastAt = Math.max(lastAt, frames.lastAt);
      isDelivered &&= frames.batches.length === 0;
    }
    const open = readOpenSpans(bytes.subarray(OPEN_SPANS_AT, HOME_DATA_AT)).filter(
      ({ spanId }: OpenSpan) => !finished.has(spanId),
    );
    const heartbeats = readHeartbeats(bytes.subarray(BEATS_AT, BEATS_AT + BEATS * BEAT_BYTES));
    const { own } = this.#host;
    const isOfNamespace = isSameNamespace(first.header, own);
    const death = deathOf(
      first.header,
      {
        killedBy: bytes[KILLED_BY_AT]!,
        core: isOfNamespace ? coreFileOf(first.header) : undefined,
        request: readEndRequest(bytes),
        isReplaced: isReplaced(first.header, own),
      },
      heartbeats,
      open,
      { times, lastAt },
      {
        ...readKernelMemory(),
        isSameBoot: first.header.boot === own.boot,
        isSameNamespace: isOfNamespace,
      },
      readHeapProfile(this.#directory, first.header.pid, first.header.startedAt),
    );
    // With nothing to deliver, SIGTERM has its default effect and leaves what SIGKILL does.
    const isIdle = isDelivered && open.length === 0 && heartbeats.at(-1)?.openSpans === 0;
    return { death, isUntold: isIdle && (death.cause === 'unknown' || death.cause === 'signal') };
  }
}
