import type { Attributes } from '@opentelemetry/api';
import { MIN_BUDGET_BYTES, type Budget } from './budget.ts';
import { MAX_SPAN_BYTES } from './encode/message-writer.ts';
import { SpanEncoder } from './encode/span-encoder.ts';
import { hintCollection } from './collection-hint.ts';
import type { FinishedSpan, Scope } from './finished-span.ts';
import type { LogRecord } from './log-record.ts';
import { HEADER_BYTES, LOG, RESOURCE, SCOPE, SPAN, writeHeader } from './records.ts';

export type DropReason =
  /** No memory: no backend accepts spans. */
  | 'spool_full'
  /** Beyond the spool's limit. */
  | 'too_large'
  /** It could not be read. */
  | 'encode_error'
  /** The backend refused it. */
  | 'rejected'
  /** The sender died repeatedly with it. */
  | 'sender_failed'
  /** Of a dead process; this one sends none of its kind. */
  | 'no_exporter';

/** Shared memory, unchanged until released. */
export interface Batch {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly start: number;
  readonly end: number;
  readonly spans: number;
  readonly logs: number;
}

/** Records are already in shared memory. */
export interface OpenBatchListener {
  began(number: number, memory: SharedArrayBuffer, start: number): void;
  grew(end: number): void;
}

interface Chunk {
  readonly bytes: Buffer;
  used: number;
  /** Sealed batches, not released. */
  waiting: number;
}

const CHUNK_BYTES = 512 * 1024;
const MIN_CHUNK_BYTES = 16 * 1024;
/** One batch in flight retains a whole chunk. */
const MIN_CHUNKS = MIN_BUDGET_BYTES / MIN_CHUNK_BYTES;
/** One huge span, resource, scope. */
const LARGE_CHUNK_BYTES = MAX_SPAN_BYTES + CHUNK_BYTES;
/** A new chunk costs 100 µs, mostly page faults. */
const KEPT_CHUNKS = 4;
const MAX_SCOPES = 0xffff;
/** Uncollected chunks, 4 MiB, that are worth a collection. */
const MANY_CHUNKS = 8;

/**
 * Encoded spans and log records wait until every destination has them. When full, the newest are dropped: an incident's first spans
 * show its cause, older ones may be in flight.
 */
export class Spool {
  readonly #budget: Budget;
  readonly #chunkBytes: number;
  readonly #resource: Uint8Array;
  readonly #encoder = new SpanEncoder();
  readonly #scopes = new Map<Scope, number>();
  readonly #chunks = new Map<Batch, Chunk>();
  readonly #free: Chunk[] = [];
  /** Of chunks that are, or will be, free. */
  #kept = 0;
  /** An outage's, until collected: V8 does not hurry for shared memory, so that new memory would come on top. */
  readonly #uncollected: WeakRef<Buffer>[] = [];
  #isHinted = false;
  /**
   * The open batch: one copy a batch costs less than writes to shared memory, slow where the sender's core has read.
   */
  #staging: Buffer = Buffer.alloc(0);
  #current: Chunk | undefined;
  #start = 0;
  #spans = 0;
  #logs = 0;
  #number = 1;
  #waiting = 0;
  #lastSize = 0;
  readonly #listener: OpenBatchListener | undefined;
  /** The open batch's end in shared memory, if observed. */
  #shared = 0;

  constructor(budget: Budget, resource: Attributes, listener?: OpenBatchListener) {
    this.#budget = budget;
    this.#listener = listener;
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.floor(budget.limit / MIN_CHUNKS));
    const scratch = Buffer.alloc(Math.floor(this.#chunkBytes / 2));
    this.#resource = Uint8Array.from(scratch.subarray(0, this.#encoder.encodeResource(resource, scratch, 0)));
  }

  /** A ResourceSpans message without scope_spans. */
  get resource(): Uint8Array {
    return this.#resource;
  }

  /** In the open batch, with log records. */
  get open(): number {
    return this.#spans + this.#logs;
  }

  get openSpans(): number {
    return this.#spans;
  }

  /** Sealed, unreleased, with log records. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * @param sealed gets a batch sealed to make room
   * @returns why the span was dropped
   */
  append(span: FinishedSpan, sealed: (batch: Batch) => void): DropReason | undefined {
    const dropped = this.#append(SPAN, span, sealed);
    if (dropped === undefined) this.#spans++;
    return dropped;
  }

  /** As {@link append}. */
  appendLog(log: LogRecord, sealed: (batch: Batch) => void): DropReason | undefined {
    const dropped = this.#append(LOG, log, sealed);
    if (dropped === undefined) this.#logs++;
    return dropped;
  }

  #append(type: number, item: FinishedSpan | LogRecord, sealed: (batch: Batch) => void): DropReason | undefined {
    let chunk = this.#chunk();
    if (!chunk) return 'spool_full';
    let end = this.#write(chunk, type, item);
    if (end === -1) {
      const full = this.seal();
      if (full) sealed(full);
      // First the usual size, unless this was such a chunk, empty.
      const sizes = chunk.used > 0 ? [this.#chunkBytes, LARGE_CHUNK_BYTES] : [LARGE_CHUNK_BYTES];
      for (const size of sizes) {
        chunk = this.#replace(chunk, size);
        if (!chunk) return size > this.#budget.limit ? 'too_large' : 'spool_full';
        end = this.#write(chunk, type, item);
        if (end !== -1) break;
      }
      if (end === -1) return 'too_large';
    }
    chunk.used = end;
    if (this.#listener) this.#share(chunk, this.#listener);
    return undefined;
  }

  #share(chunk: Chunk, listener: OpenBatchListener): void {
    const isFirst = this.open === 0;
    const from = isFirst ? this.#start : this.#shared;
    this.#staging.copy(chunk.bytes, from, from, chunk.used);
    this.#shared = chunk.used;
    if (isFirst) listener.began(this.#number, chunk.bytes.buffer as unknown as SharedArrayBuffer, from);
    listener.grew(chunk.used);
  }

  /** Undefined when empty. */
  seal(): Batch | undefined {
    const chunk = this.#current;
    if (!chunk || this.open === 0) return undefined;
    const batch: Batch = {
      number: this.#number,
      memory: chunk.bytes.buffer as unknown as SharedArrayBuffer,
      start: this.#start,
      end: chunk.used,
      spans: this.#spans,
      logs: this.#logs,
    };
    if (!this.#listener) chunk.bytes.set(this.#staging.subarray(batch.start, batch.end), batch.start);
    chunk.waiting++;
    this.#lastSize = batch.end - batch.start;
    this.#chunks.set(batch, chunk);
    this.#waiting += this.open;
    this.#number = (this.#number + 1) >>> 0;
    this.#spans = this.#logs = 0;
    this.#start = chunk.used;
    this.#scopes.clear();
    return batch;
  }

  release(batch: Batch): void {
    const chunk = this.#chunks.get(batch);
    if (!chunk) return;
    this.#chunks.delete(batch);
    this.#waiting -= batch.spans + batch.logs;
    if (--chunk.waiting === 0) this.#released(chunk);
    if (this.#waiting > 0 || this.#isHinted || this.#uncollected.length < MANY_CHUNKS) return;
    // An outage is over.
    this.#isHinted = hintCollection();
  }

  #released(chunk: Chunk): void {
    if (chunk !== this.#current) return this.#recycle(chunk);
    if (this.open > 0) return;
    // Reuses memory unless a huge span enlarged it.
    if (chunk.bytes.length === this.#chunkBytes) this.#rewind(chunk);
    else {
      this.#current = undefined;
      this.#recycle(chunk);
    }
  }

  /** @returns the position after it, or -1 if the chunk is too small */
  #write(chunk: Chunk, type: number, item: FinishedSpan | LogRecord): number {
    const out = this.#staging;
    let pos = chunk.used;
    if (this.open === 0) {
      const end = pos + HEADER_BYTES + this.#resource.length;
      if (end > out.length) return -1;
      out.set(this.#resource, pos + HEADER_BYTES);
      writeHeader(out, pos, RESOURCE, this.#resource.length, 0, this.#number);
      pos = end;
    }
    const scope = type === SPAN ? (item as FinishedSpan).instrumentationScope : (item as LogRecord).scope;
    let id = this.#scopes.get(scope);
    if (id === undefined) {
      id = this.#scopes.size + 1;
      if (id > MAX_SCOPES) return -1;
      const end = this.#encoder.encodeScope(scope, out, pos + HEADER_BYTES);
      if (end === -1) return -1;
      writeHeader(out, pos, SCOPE, end - pos - HEADER_BYTES, id, this.#number);
      pos = end;
    }
    const at = pos + HEADER_BYTES;
    const end =
      type === SPAN
        ? this.#encoder.encode(item as FinishedSpan, out, at)
        : this.#encoder.encodeLog(item as LogRecord, out, at);
    if (end === -1) return -1;
    writeHeader(out, pos, type, end - pos - HEADER_BYTES, id, this.#number);
    // Overwrites a failed span's scope record.
    if (id > this.#scopes.size) this.#scopes.set(scope, id);
    return end;
  }

  #chunk(): Chunk | undefined {
    const chunk = this.#current;
    if (!chunk) return this.#take(this.#chunkBytes);
    const rest = chunk.bytes.length - chunk.used;
    if (this.open > 0 || chunk.used === 0 || rest >= this.#lastSize) return chunk;
    // The end would split a batch over two requests.
    const next = this.#replace(chunk, this.#chunkBytes);
    if (!next) this.#current = chunk;
    return next ?? chunk;
  }

  #take(size: number): Chunk | undefined {
    const kept = size === this.#chunkBytes ? this.#free.pop() : undefined;
    if (!kept && !this.#reserve(size)) return undefined;
    const chunk = kept ?? { bytes: this.#memory(size), used: 0, waiting: 0 };
    if (this.#staging.length !== size) this.#staging = Buffer.allocUnsafeSlow(size);
    this.#current = chunk;
    this.#start = 0;
    return chunk;
  }

  #memory(size: number): Buffer {
    if (size === this.#chunkBytes && this.#kept < KEPT_CHUNKS) {
      this.#kept++;
      return Buffer.from(new SharedArrayBuffer(size));
    }
    while (size === this.#chunkBytes && this.#uncollected.length > 0) {
      const bytes = this.#uncollected.pop()!.deref();
      if (bytes) return bytes;
    }
    // The kernel has its memory back once it is collected, that of others stays with the C library.
    return Buffer.from(new SharedArrayBuffer(size, { maxByteLength: size }));
  }

  #reserve(size: number): boolean {
    if (this.#budget.reserve(size)) return true;
    // A large chunk replaces free ones.
    while (this.#free.length > 0) {
      this.#budget.release(this.#free.pop()!.bytes.length);
      this.#kept--;
      if (this.#budget.reserve(size)) return true;
    }
    return false;
  }

  /** The current chunk must be sealed or empty. */
  #replace(chunk: Chunk, size: number): Chunk | undefined {
    this.#current = undefined;
    this.#scopes.clear();
    if (chunk.waiting === 0) this.#recycle(chunk);
    return this.#take(size);
  }

  #recycle(chunk: Chunk): void {
    const { bytes } = chunk;
    if (!(bytes.buffer as unknown as SharedArrayBuffer).growable) {
      chunk.used = 0;
      this.#free.push(chunk);
    } else {
      this.#budget.release(bytes.length);
      if (bytes.length !== this.#chunkBytes) return;
      this.#uncollected.push(new WeakRef(chunk.bytes));
      this.#isHinted = false;
    }
  }

  #rewind(chunk: Chunk): void {
    chunk.used = 0;
    this.#start = 0;
  }
}
