import type { OutgoingHeaders } from '@foreshock/kit';

/** `Metadata` of @grpc/grpc-js. */
export interface Metadata {
  get(key: string): (string | Buffer)[];
  set(key: string, value: string): void;
  remove(key: string): void;
  clone(): Metadata;
}

/** `set` refuses others (metadata.js, `isLegalNonBinaryValue`). */
const LEGAL = /^[ -~]*$/;

export class MetadataHeaders implements OutgoingHeaders {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  get(name: string): unknown {
    const values = this.#metadata.get(name);
    return values.length > 1 ? values : values[0];
  }

  set(name: string, value: string): void {
    if (LEGAL.test(value)) this.#metadata.set(name, value);
  }

  remove(name: string): void {
    this.#metadata.remove(name);
  }
}
