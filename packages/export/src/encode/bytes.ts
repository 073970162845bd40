/** Below, JavaScript beats a native call. */
const SHORT_TEXT = 64;

export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

/** At most 31 bits, not -0. */
export function isSmall(value: number): boolean {
  return (value | 0) === value && value >= 0 && !Object.is(value, -0);
}

/** Below 2^32. */
export function putVarint(out: Uint8Array, at: number, value: number): number {
  let pos = at;
  let rest = value;
  while (rest > 0x7f) {
    out[pos++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[pos++] = rest;
  return pos;
}

export function putFixed32(out: Uint8Array, at: number, value: number): number {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
  return at + 4;
}

/** @returns the position after it */
export function putField(out: Uint8Array, at: number, field: Uint8Array): number {
  const { length } = field;
  if (length > SHORT_TEXT) out.set(field, at);
  else for (let i = 0; i < length; i++) out[at + i] = field[i]!;
  return at + length;
}

/**
 * Lone surrogates become U+FFFD; 4 spare bytes reveal longer text.
 *
 * @returns bytes written
 */
export function putText(out: Buffer, at: number, text: string, size: number): number {
  if (size > SHORT_TEXT || size !== text.length) return out.write(text, at, size + 4, 'utf8');
  for (let i = 0; i < size; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return -1;
    out[at + i] = unit;
  }
  return size;
}
