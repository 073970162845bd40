import { hexOf, otherThanHex } from './digits.ts';
import { HEX, NO_HEX } from './hex.ts';

/** 64 bits in two numbers. */
export interface SpanId {
  high: number;
  low: number;
}

const DIGITS = 16;
const NO_ID: SpanId = { high: 0, low: 0 };

/** 16 hexadecimal digits, else a hash. */
export function readId(id: string): SpanId {
  if (id === '') return NO_ID;
  if (id.length === DIGITS) {
    let [high, low] = [0, 0];
    let isHex = true;
    for (let i = 0; i < DIGITS && isHex; i++) {
      const digit = HEX[id.charCodeAt(i)] ?? NO_HEX;
      if (digit === NO_HEX) isHex = false;
      else if (i < 8) high = (high << 4) | digit;
      else low = (low << 4) | digit;
    }
    if (isHex) return { high: high >>> 0, low: low >>> 0 };
  }
  // FNV-1a, twice.
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < id.length && i < 256; i++) {
    const code = id.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return { high: a >>> 0, low: (b >>> 0) | 1 };
}

/** 16 hexadecimal digits. */
export function spanIdText(high: number, low: number): string {
  return [high, low].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** 16 characters; false if not all are hexadecimal digits. */
export function readIdBytes(id: SpanId, view: DataView, from: number): boolean {
  const [a, b] = [view.getInt32(from, true), view.getInt32(from + 4, true)];
  const [c, d] = [view.getInt32(from + 8, true), view.getInt32(from + 12, true)];
  id.high = ((hexOf(a) << 16) | hexOf(b)) >>> 0;
  id.low = ((hexOf(c) << 16) | hexOf(d)) >>> 0;
  return (otherThanHex(a) | otherThanHex(b) | otherThanHex(c) | otherThanHex(d)) === 0;
}
