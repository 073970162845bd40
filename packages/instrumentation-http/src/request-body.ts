import type Zlib from 'node:zlib';

/** A longer checksum takes up to a millisecond. */
const MAX_LENGTH = 1024 * 1024;

let crc32: typeof Zlib.crc32 | undefined;

/** Recognises a repeated call's body without keeping it. */
export class RequestBody {
  #checksum = 0;
  #length = 0;

  wrote(chunk: unknown): void {
    if (this.#length > MAX_LENGTH) return;
    if (typeof chunk === 'string') this.#length += Buffer.byteLength(chunk);
    else if (ArrayBuffer.isView(chunk)) this.#length += chunk.byteLength;
    else this.#length = Infinity;
    if (this.#length > MAX_LENGTH) return;
    crc32 ??= process.getBuiltinModule('node:zlib').crc32;
    this.#checksum = crc32(chunk as string | Buffer, this.#checksum);
  }

  /** Bytes sent. */
  get length(): number {
    return this.#length;
  }

  /** Undefined when too long. */
  get digest(): string | undefined {
    return this.#length > MAX_LENGTH ? undefined : `${this.#length}:${this.#checksum}`;
  }
}
