import type { SpanContext } from '@opentelemetry/api';
import { trimBlanks } from './header.ts';
import { isHexDigit, isSpanIdAt, isTraceIdAt } from './hex.ts';

export const SAMPLED = 0x01;
/** Level 2: the trace ID's right-most 7 bytes are random. */
export const RANDOM = 0x02;

const LENGTH = 55;
const DASH = 45;
const FLAGS = ['00', '01', '02', '03'] as const;

/**
 * W3C Trace Context Level 2, 3.2, also higher versions, without unknown flags.
 *
 * @returns undefined if invalid: the trace restarts
 */
export function parseTraceParent(header: string): SpanContext | undefined {
  const text = trimBlanks(header);
  const { length } = text;
  if (length < LENGTH) return undefined;
  if (!isHexDigit(text, 0) || !isHexDigit(text, 1) || text.charCodeAt(2) !== DASH) return undefined;
  if (text.startsWith('00') ? length !== LENGTH : text.startsWith('ff')) return undefined;
  if (length > LENGTH && text.charCodeAt(LENGTH) !== DASH) return undefined;
  if (text.charCodeAt(35) !== DASH || text.charCodeAt(52) !== DASH) return undefined;
  if (!isTraceIdAt(text, 3) || !isSpanIdAt(text, 36)) return undefined;
  if (!isHexDigit(text, 53) || !isHexDigit(text, 54)) return undefined;

  // The low nibble of '0' (0x30) is its value; 'a' (0x61): 9 less.
  const code = text.charCodeAt(54);
  const traceFlags = (code > 57 ? code + 9 : code) & (SAMPLED | RANDOM);
  return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), traceFlags, isRemote: true };
}

export function formatTraceParent(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-${FLAGS[flags & (SAMPLED | RANDOM)]}`;
}
