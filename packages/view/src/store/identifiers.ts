const HEX = /^[0-9a-f]+$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Zipkin's: perhaps 16 digits; undefined if invalid. */
export function traceIdOf(text: string): string | undefined {
  const id = idOf(text, 16);
  return id === undefined || /^0*$/.test(id) ? undefined : id.padStart(32, '0');
}

/** Undefined if invalid. */
export function spanIdOf(text: string): string | undefined {
  const id = idOf(text, 8);
  return id === undefined || /^0*$/.test(id) ? undefined : id.padStart(16, '0');
}

function idOf(text: string, bytes: number): string | undefined {
  if (text.length <= bytes * 2 && HEX.test(text)) return text;
  const lower = text.toLowerCase();
  if (text.length <= bytes * 2 && HEX.test(lower)) return lower;
  // Protobuf's own JSON has bytes in base64.
  if (text.length === Math.ceil(bytes / 3) * 4 && BASE64.test(text)) return Buffer.from(text, 'base64').toString('hex');
  return undefined;
}
