import type { SpanIds } from '../finished-span.ts';
import { putFixed32 } from './bytes.ts';

const NIBBLES = new Uint8Array(128);
for (let i = 0; i < 16; i++) {
  NIBBLES['0123456789abcdef'.charCodeAt(i)] = i;
  NIBBLES['0123456789ABCDEF'.charCodeAt(i)] = i;
}

export function putHex(out: Uint8Array, at: number, hex: string, bytes: number): number {
  for (let i = 0; i < bytes; i++) {
    out[at + i] = (NIBBLES[hex.charCodeAt(2 * i)]! << 4) | NIBBLES[hex.charCodeAt(2 * i + 1)]!;
  }
  return at + bytes;
}

export function putTraceId(out: Uint8Array, at: number, { first, second, third, fourth }: SpanIds['trace']): number {
  let pos = putFixed32(out, at, first);
  pos = putFixed32(out, pos, second);
  pos = putFixed32(out, pos, third);
  return putFixed32(out, pos, fourth);
}

export function putSpanId(out: Uint8Array, at: number, { first, second }: SpanIds): number {
  return putFixed32(out, putFixed32(out, at, first), second);
}

/** W3C flags, and whether remote. */
export function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | 0x100 | (isRemote ? 0x200 : 0);
}
