import type { Attributes } from '@opentelemetry/api';
import { MIN_BUDGET_BYTES, type Budget } from './budget.ts';
import { MAX_SPAN_BYTES } from './encode/message-writer.ts';
import { SpanEncoder } from './encode/span-encoder.ts';
import type { FinishedSpan, Scope } from './finished-span.ts';
import { HEADER_BYTES, RESOURCE, SCOPE, SPAN, writeHeader } from './records.ts';

/** Why spans were dropped. */
export type DropReason =
  /** No room was left, because no backend took what waits. */
  | 'spool_full'
  /** One span larger than the spool allows. */
  | 'too_large'
  /** The span could not be read. */
  | 'encode_error'
  /** The backend refused it for good. */
  | 'rejected'
  /** The sender died of it, repeatedly. */
  | 'sender_failed';

/** Sealed records, ready to be sent; the memory is shared with the sender and not touched until released. */
export interface Batch {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly start: number;
  readonly end: number;
  readonly spans: number;
}

/** Hears of the open batch as it grows; what it is told of is in shared memory already. */
export interface OpenBatchListener {
  began(number: number, memory: SharedArrayBuffer, start: number): void;
  grew(end: number): void;
}

interface Chunk {
  readonly bytes: Buffer;
  used: number;
  /** Sealed batches in it that are not released yet. */
  waiting: number;
}

const CHUNK_BYTES = 256 * 1024;
const MIN_CHUNK_BYTES = 16 * 1024;
/** At least so many chunks make a spool: one batch on its way holds on to a whole chunk. */
const MIN_CHUNKS = MIN_BUDGET_BYTES / MIN_CHUNK_BYTES;
/** A chunk for one huge span, with room for its resource and scope. */
const LARGE_CHUNK_BYTES = MAX_SPAN_BYTES + CHUNK_BYTES;
/** Empty chunks kept for the next burst: a new one costs 100 µs, mostly for pages touched the first time. */
const KEPT_CHUNKS = 8;
const MAX_SCOPES = 0xffff;

/**
 * Where encoded spans wait until every destination has them: chunks of shared memory, together never
 * larger than the budget, reused so that a steady load touches the same few pages.
 *
 * When it is full the newest spans are dropped and what waits is kept: the first spans of an incident
 * show how it began, later ones mostly repeat it; and what waits may be on its way already.
 */
export class Spool {
  readonly #budget: Budget;
  readonly #chunkBytes: number;
  readonly #resource: Uint8Array;
  readonly #encoder = new SpanEncoder();
  readonly #scopes = new Map<Scope, number>();
  readonly #chunks = new Map<Batch, Chunk>();
  readonly #free: Chunk[] = [];
  /**
   * The open batch, at the place it will have in its chunk. Shared memory is written slower, and what
   * the sender's core has read lately slower still: one copy a batch costs less.
   */
  #staging: Buffer = Buffer.alloc(0);
  #current: Chunk | undefined;
  #start = 0;
  #spans = 0;
  #number = 1;
  #waiting = 0;
  #lastSize = 0;
  readonly #listener: OpenBatchListener | undefined;
  /** How far the open batch is in shared memory, if somebody listens. */
  #shared = 0;

  /**
   * @param budget what the chunks may take
   * @param resource what the spans of this process have in common
   */
  constructor(budget: Budget, resource: Attributes, listener?: OpenBatchListener) {
    this.#budget = budget;
    this.#listener = listener;
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.floor(budget.limit / MIN_CHUNKS));
    const scratch = Buffer.alloc(Math.floor(this.#chunkBytes / 2));
    this.#resource = Uint8Array.from(scratch.subarray(0, this.#encoder.encodeResource(resource, scratch, 0)));
  }

  /** What the spans have in common: a ResourceSpans message without its scope_spans. */
  get resource(): Uint8Array {
    return this.#resource;
  }

  /** Spans in the batch that is still open. */
  get open(): number {
    return this.#spans;
  }

  /** Spans sealed and not released. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Encodes a span into the open batch.
   *
   * @param sealed called with the batch that had to be sealed to make room, if any
   * @returns why the span was dropped, undefined when it was not
   */
  append(span: FinishedSpan, sealed: (batch: Batch) => void): DropReason | undefined {
    let chunk = this.#chunk();
    if (!chunk) return 'spool_full';
    let end = this.#write(chunk, span);
    if (end === -1) {
      const full = this.seal();
      if (full) sealed(full);
      // First an empty chunk of the usual size, unless this was one; then one that takes any span.
      const sizes = chunk.used > 0 ? [this.#chunkBytes, LARGE_CHUNK_BYTES] : [LARGE_CHUNK_BYTES];
      for (const size of sizes) {
        chunk = this.#replace(chunk, size);
        if (!chunk) return size > this.#budget.limit ? 'too_large' : 'spool_full';
        end = this.#write(chunk, span);
        if (end !== -1) break;
      }
      if (end === -1) return 'too_large';
    }
    chunk.used = end;
    this.#spans++;
    if (this.#listener) this.#share(chunk, this.#listener);
    return undefined;
  }

  #share(chunk: Chunk, listener: OpenBatchListener): void {
    const isFirst = this.#spans === 1;
    const from = isFirst ? this.#start : this.#shared;
    this.#staging.copy(chunk.bytes, from, from, chunk.used);
    this.#shared = chunk.used;
    if (isFirst) listener.began(this.#number, chunk.bytes.buffer as unknown as SharedArrayBuffer, from);
    listener.grew(chunk.used);
  }

  /** Closes the open batch; undefined when it is empty. */
  seal(): Batch | undefined {
    const chunk = this.#current;
    if (!chunk || this.#spans === 0) return undefined;
    const batch: Batch = {
      number: this.#number,
      memory: chunk.bytes.buffer as unknown as SharedArrayBuffer,
      start: this.#start,
      end: chunk.used,
      spans: this.#spans,
    };
    if (!this.#listener) chunk.bytes.set(this.#staging.subarray(batch.start, batch.end), batch.start);
    chunk.waiting++;
    this.#lastSize = batch.end - batch.start;
    this.#chunks.set(batch, chunk);
    this.#waiting += this.#spans;
    this.#number = (this.#number + 1) >>> 0;
    this.#spans = 0;
    this.#start = chunk.used;
    this.#scopes.clear();
    return batch;
  }

  /** Gives the memory of a batch back, once it is not read any more. */
  release(batch: Batch): void {
    const chunk = this.#chunks.get(batch);
    if (!chunk) return;
    this.#chunks.delete(batch);
    this.#waiting -= batch.spans;
    if (--chunk.waiting > 0) return;
    if (chunk !== this.#current) return this.#recycle(chunk);
    if (this.#spans > 0) return;
    // Begin again where the cache is warm; unless a span too large for the rest left it oversized.
    if (chunk.bytes.length === this.#chunkBytes) this.#rewind(chunk);
    else {
      this.#current = undefined;
      this.#recycle(chunk);
    }
  }

  /** @returns the position behind the span's record, or -1 when the chunk is too small for it */
  #write(chunk: Chunk, span: FinishedSpan): number {
    const out = this.#staging;
    let pos = chunk.used;
    if (this.#spans === 0) {
      const end = pos + HEADER_BYTES + this.#resource.length;
      if (end > out.length) return -1;
      out.set(this.#resource, pos + HEADER_BYTES);
      writeHeader(out, pos, RESOURCE, this.#resource.length, 0, this.#number);
      pos = end;
    }
    const scope = span.instrumentationScope;
    let id = this.#scopes.get(scope);
    if (id === undefined) {
      id = this.#scopes.size + 1;
      if (id > MAX_SCOPES) return -1;
      const end = this.#encoder.encodeScope(scope, out, pos + HEADER_BYTES);
      if (end === -1) return -1;
      writeHeader(out, pos, SCOPE, end - pos - HEADER_BYTES, id, this.#number);
      pos = end;
    }
    const end = this.#encoder.encode(span, out, pos + HEADER_BYTES);
    if (end === -1) return -1;
    writeHeader(out, pos, SPAN, end - pos - HEADER_BYTES, id, this.#number);
    // Only now: a scope record that is overwritten by the next span must not count as written.
    if (id > this.#scopes.size) this.#scopes.set(scope, id);
    return end;
  }

  #chunk(): Chunk | undefined {
    const chunk = this.#current;
    if (!chunk) return this.#take(this.#chunkBytes);
    const rest = chunk.bytes.length - chunk.used;
    if (this.#spans > 0 || chunk.used === 0 || rest >= this.#lastSize) return chunk;
    // A batch like the last one would be cut in two by the chunk's end, and cost two requests.
    const next = this.#replace(chunk, this.#chunkBytes);
    if (!next) this.#current = chunk;
    return next ?? chunk;
  }

  #take(size: number): Chunk | undefined {
    const kept = size === this.#chunkBytes ? this.#free.pop() : undefined;
    if (!kept && !this.#reserve(size)) return undefined;
    const chunk = kept ?? { bytes: Buffer.from(new SharedArrayBuffer(size)), used: 0, waiting: 0 };
    if (this.#staging.length !== size) this.#staging = Buffer.allocUnsafeSlow(size);
    this.#current = chunk;
    this.#start = 0;
    return chunk;
  }

  #reserve(size: number): boolean {
    if (this.#budget.reserve(size)) return true;
    // Kept chunks are of no use to a span that needs a large one.
    while (this.#free.length > 0) {
      this.#budget.release(this.#free.pop()!.bytes.length);
      if (this.#budget.reserve(size)) return true;
    }
    return false;
  }

  /** Leaves the current chunk, which is sealed or empty, for another. */
  #replace(chunk: Chunk, size: number): Chunk | undefined {
    this.#current = undefined;
    this.#scopes.clear();
    if (chunk.waiting === 0) this.#recycle(chunk);
    return this.#take(size);
  }

  #recycle(chunk: Chunk): void {
    if (chunk.bytes.length === this.#chunkBytes && this.#free.length < KEPT_CHUNKS) {
      chunk.used = 0;
      this.#free.push(chunk);
    } else {
      this.#budget.release(chunk.bytes.length);
    }
  }

  #rewind(chunk: Chunk): void {
    chunk.used = 0;
    this.#start = 0;
  }
}
