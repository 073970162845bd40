/** Reads what a client sends, little-endian. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(bytes: 1 | 2 | 4): number {
    const value = this.#bytes.readUIntLE(this.#at, bytes);
    this.#at += bytes;
    return value;
  }

  take(length: number): Buffer {
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  /** UCS-2. */
  text(characters: number): string {
    return this.take(characters * 2).toString('utf16le');
  }

  rest(): string {
    return this.text((this.#bytes.length - this.#at) / 2);
  }

  /** `ALL_HEADERS`: transaction and requests under way. */
  skipHeaders(): void {
    const length = this.number(4);
    this.take(length - 4);
  }
}

export function u8(...values: number[]): Buffer {
  return Buffer.from(values);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** `B_VARCHAR`: its length in characters, one byte. */
export function shortText(text: string): Buffer {
  return Buffer.concat([u8(text.length), Buffer.from(text, 'utf16le')]);
}

/** `US_VARCHAR`: … two bytes. */
export function longText(text: string): Buffer {
  return Buffer.concat([u16(text.length), Buffer.from(text, 'utf16le')]);
}
