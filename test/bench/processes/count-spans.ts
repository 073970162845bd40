/** Reads varints and skips fields of a protobuf message. */
class Fields {
  readonly #bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** Calls back with each length-delimited field of this number; skips all others. */
  each(number: number, found: (field: Fields) => void): void {
    while (this.at < this.end) {
      const tag = this.varint();
      const wireType = tag & 7;
      if (wireType === 0) this.varint();
      else if (wireType === 1) this.at += 8;
      else if (wireType === 5) this.at += 4;
      else if (wireType === 2) {
        const length = this.varint();
        if (tag >>> 3 === number) found(new Fields(this.#bytes, this.at, this.at + length));
        this.at += length;
      } else throw new Error(`no protobuf: wire type ${wireType} at ${this.at}`);
    }
  }
}

/** Spans in an ExportTraceServiceRequest: resource_spans (1) → scope_spans (2) → spans (2). */
export function countOtlpSpans(body: Uint8Array): number {
  let spans = 0;
  new Fields(body, 0, body.length).each(1, (resource) =>
    resource.each(2, (scope) => scope.each(2, () => void spans++)),
  );
  return spans;
}

/** Spans in a payload of Datadog's agent API: `[trace[span]]` (0.4) or `[strings, [trace[span]]]` (0.5). */
export function countMsgpackSpans(body: Buffer, withStrings: boolean): number {
  let at = 0;
  const length = (): number => {
    const byte = body[at++]!;
    if (byte >= 0x90 && byte <= 0x9f) return byte & 0x0f;
    at += byte === 0xdc ? 2 : 4;
    if (byte === 0xdc) return body.readUInt16BE(at - 2);
    if (byte === 0xdd) return body.readUInt32BE(at - 4);
    throw new Error(`no array in msgpack: 0x${byte.toString(16)} at ${at}`);
  };
  const skip = (values: number): void => {
    for (let left = values; left > 0; left--) {
      const byte = body[at++]!;
      // Positive and negative fixint, nil, booleans: one byte is all.
      if (byte <= 0x7f || byte >= 0xe0 || (byte >= 0xc0 && byte <= 0xc3)) continue;
      if (byte <= 0x8f) left += 2 * (byte & 0x0f);
      else if (byte <= 0x9f) left += byte & 0x0f;
      else if (byte <= 0xbf) at += byte & 0x1f;
      else if (byte === 0xc4 || byte === 0xd9) at += 1 + body[at]!;
      else if (byte === 0xc5 || byte === 0xda) at += 2 + body.readUInt16BE(at);
      else if (byte === 0xc6 || byte === 0xdb) at += 4 + body.readUInt32BE(at);
      else if (byte === 0xca || byte === 0xce || byte === 0xd2) at += 4;
      else if (byte === 0xcb || byte === 0xcf || byte === 0xd3) at += 8;
      else if (byte === 0xcc || byte === 0xd0) at += 1;
      else if (byte === 0xcd || byte === 0xd1) at += 2;
      else if (byte >= 0xd4 && byte <= 0xd8) at += 1 + (1 << (byte - 0xd4));
      else if (byte === 0xdc || byte === 0xde) {
        left += body.readUInt16BE(at) * (byte === 0xde ? 2 : 1);
        at += 2;
      } else if (byte === 0xdd || byte === 0xdf) {
        left += body.readUInt32BE(at) * (byte === 0xdf ? 2 : 1);
        at += 4;
      } else throw new Error(`unexpected msgpack: 0x${byte.toString(16)} at ${at}`);
    }
  };
  if (withStrings) {
    length();
    skip(1);
  }
  let spans = 0;
  for (let traces = length(); traces > 0; traces--) {
    const inTrace = length();
    spans += inTrace;
    skip(inTrace);
  }
  return spans;
}
