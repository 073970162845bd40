import type Zlib from 'node:zlib';

/** Longer bodies are not compared, in bytes: a checksum of so much takes up to a millisecond. */
const MAX_LENGTH = 1024 * 1024;

let crc32: typeof Zlib.crc32 | undefined;

/**
 * Tells the body of a request from others, without keeping it: whether a call is the same again is asked only once
 * it has failed, when its body is gone.
 */
export class RequestBody {
  #checksum = 0;
  #length = 0;

  /** A part of it is sent. */
  wrote(chunk: unknown): void {
    if (this.#length > MAX_LENGTH) return;
    if (typeof chunk === 'string') this.#length += Buffer.byteLength(chunk);
    else if (ArrayBuffer.isView(chunk)) this.#length += chunk.byteLength;
    else this.#length = Infinity;
    if (this.#length > MAX_LENGTH) return;
    // Not loaded by the preload, which most applications start without it.
    crc32 ??= process.getBuiltinModule('node:zlib').crc32;
    this.#checksum = crc32(chunk as string | Buffer, this.#checksum);
  }

  /** In bytes, as sent. */
  get length(): number {
    return this.#length;
  }

  /** Undefined when it is too long. */
  get digest(): string | undefined {
    return this.#length > MAX_LENGTH ? undefined : `${this.#length}:${this.#checksum}`;
  }
}
