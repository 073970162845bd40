export class MessageReader {
  readonly bytes: Buffer;
  #pos = 0;
  #wire = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** 0 at the end. Read or skip the field before the next call. */
  next(): number {
    if (this.#pos >= this.bytes.length) return 0;
    const tag = this.number();
    this.#wire = tag & 7;
    return Math.floor(tag / 8);
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a varint of more than 10 bytes');
  }

  /** For tags, lengths and counts. */
  number(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a varint above 2^49');
  }

  #byte(): number {
    const byte = this.bytes[this.#pos++];
    if (byte === undefined) throw new RangeError('truncated varint');
    return byte;
  }

  fixed32(): number {
    this.#pos += 4;
    return this.bytes.readUInt32LE(this.#pos - 4);
  }

  fixed64(): string {
    this.#pos += 8;
    return this.bytes.readBigUInt64LE(this.#pos - 8).toString();
  }

  double(): number {
    this.#pos += 8;
    return this.bytes.readDoubleLE(this.#pos - 8);
  }

  slice(): Buffer {
    const length = this.number();
    this.#pos += length;
    if (this.#pos > this.bytes.length) throw new RangeError('truncated field');
    return this.bytes.subarray(this.#pos - length, this.#pos);
  }

  text(): string {
    return this.slice().toString('utf8');
  }

  skip(): void {
    if (this.#wire === 0) this.varint();
    else if (this.#wire === 1) this.#pos += 8;
    else if (this.#wire === 2) this.slice();
    else this.#pos += 4;
  }
}
