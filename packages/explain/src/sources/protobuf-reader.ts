import { UnreadableSource } from './unreadable.ts';

/** Unlike `packages/export`'s, creates no objects and expects invalid input. */
export class ProtobufReader {
  readonly bytes: Buffer;
  at: number;
  end: number;
  #wire = 0;

  constructor(bytes: Buffer, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** 0 at the end. */
  next(): number {
    if (this.at >= this.end) return 0;
    const tag = this.varint();
    this.#wire = tag & 7;
    return Math.floor(tag / 8);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined || this.at > this.end) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new UnreadableSource('cut short, or no OTLP in protobuf');
  }

  /** A text if beyond 2^53. */
  wholeNumber(): number | string {
    const from = this.at;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let bits = 0n;
    for (let at = this.at - 1; at >= from; at--) bits = (bits << 7n) | BigInt(this.bytes[at]! & 0x7f);
    const signed = BigInt.asIntN(64, bits);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : String(signed);
  }

  /** `leave` takes the returned end of the outer message. */
  enter(): number {
    const length = this.#length();
    const outer = this.end;
    this.end = this.at + length;
    return outer;
  }

  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  text(): string {
    const length = this.#length();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  hex(): string {
    const length = this.#length();
    this.at += length;
    return this.bytes.toString('hex', this.at - length, this.at);
  }

  milliseconds(): number {
    this.#take(8);
    const low = this.bytes.readUInt32LE(this.at - 8);
    const high = this.bytes.readUInt32LE(this.at - 4);
    // Off by a quarter of a microsecond at most.
    return (high * 2 ** 32) / 1e6 + low / 1e6;
  }

  double(): number {
    this.#take(8);
    return this.bytes.readDoubleLE(this.at - 8);
  }

  skip(): void {
    if (this.#wire === 0) this.varint();
    else if (this.#wire === 1) this.#take(8);
    else if (this.#wire === 5) this.#take(4);
    else if (this.#wire === 2) this.#take(this.#length());
    else throw new UnreadableSource('no OTLP in protobuf');
  }

  #length(): number {
    const length = this.varint();
    if (this.at + length > this.end) throw new UnreadableSource('cut short, or no OTLP in protobuf');
    return length;
  }

  #take(length: number): void {
    if (this.at + length > this.end) throw new UnreadableSource('cut short, or no OTLP in protobuf');
    this.at += length;
  }
}
