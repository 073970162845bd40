const HEX = /^[0-9a-f]+$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A trace's id in 32 lower-case digits; undefined if it is none. Zipkin's may have 16. */
export function traceIdOf(text: string): string | undefined {
  const id = idOf(text, 16);
  return id === undefined || /^0*$/.test(id) ? undefined : id.padStart(32, '0');
}

/** A span's id in 16 lower-case digits; undefined if it is none. */
export function spanIdOf(text: string): string | undefined {
  const id = idOf(text, 8);
  return id === undefined || /^0*$/.test(id) ? undefined : id.padStart(16, '0');
}

function idOf(text: string, bytes: number): string | undefined {
  if (text.length <= bytes * 2 && HEX.test(text)) return text;
  const lower = text.toLowerCase();
  if (text.length <= bytes * 2 && HEX.test(lower)) return lower;
  // What writes OTLP by protobuf's own rules for JSON.
  if (text.length === Math.ceil(bytes / 3) * 4 && BASE64.test(text)) return Buffer.from(text, 'base64').toString('hex');
  return undefined;
}
