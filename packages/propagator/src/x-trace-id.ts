import { trace, TraceFlags, type Context, type SpanContext } from '@opentelemetry/api';
import { xTraceIdOf } from '@foreshock/kit';
import { isTraceId } from './hex.ts';

const MAX_LENGTH = 128;
const DASH = 45;
const ZERO = 48;

const LEGAL = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-') {
  LEGAL[character.charCodeAt(0)] = 1;
}

/** 1 to 128 of `[A-Za-z0-9._:-]`; the nil UUID means none. */
export function isXTraceId(text: string): boolean {
  const { length } = text;
  if (length === 0 || length > MAX_LENGTH) return false;
  let zeros = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (LEGAL[code] !== 1) return false;
    if (code === ZERO || code === DASH) zeros++;
  }
  return zeros < length || (length !== 32 && length !== 36);
}

/** The same in every service: 32 hex digits or a UUID unchanged, else half of the SHA-256. */
export function traceIdOfText(text: string): string {
  const digits = text.length === 32 ? text : withoutHyphens(text);
  const traceId = digits?.toLowerCase();
  if (isTraceId(traceId)) return traceId;
  // Late, for a fast start.
  return process.getBuiltinModule('node:crypto').hash('sha256', text, 'hex').slice(0, 32);
}

function withoutHyphens(text: string): string | undefined {
  if (text.length !== 36 || text.charCodeAt(8) !== DASH || text.charCodeAt(13) !== DASH) return undefined;
  if (text.charCodeAt(18) !== DASH || text.charCodeAt(23) !== DASH) return undefined;
  return text.slice(0, 8) + text.slice(9, 13) + text.slice(14, 18) + text.slice(19, 23) + text.slice(24);
}

const DERIVED = Symbol.for('foreshock.derived-parent');

/**
 * The parent of a trace from `x-trace-id` alone. Its span ID is no span's; {@link dropDerivedParent} and {@link
 * sampleDerivedAsRoot} hide it.
 */
class DerivedParent implements SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote = true;
  constructor(traceId: string, traceFlags: number) {
    this.traceId = traceId;
    this.traceFlags = traceFlags;
    const half = traceId.slice(16);
    this.spanId = half === '0000000000000000' ? traceId.slice(0, 16) : half;
  }

  // `Symbol.for`: shared by preload and imported copy.
  get [DERIVED](): true {
    return true;
  }
}

/** @param sampled false: the caller refuses recording */
export function derivedParent(traceId: string, sampled = true): SpanContext {
  return new DerivedParent(traceId, sampled ? TraceFlags.SAMPLED : TraceFlags.NONE);
}

/** The spanless caller refuses recording (`b3: 0`). */
export function isDenied(parent: SpanContext | undefined): boolean {
  return isDerivedParent(parent) && (parent!.traceFlags & TraceFlags.SAMPLED) === 0;
}

/** Whether a parent is no span, and only carries an `x-trace-id`. */
export function isDerivedParent(parent: SpanContext | undefined): boolean {
  return parent !== undefined && (parent as Partial<DerivedParent>)[DERIVED] === true;
}

/**
 * Removes a span's derived parent, in `onStart` before other processors read it (`parentSpanContext`, SDK 2.x and 3.x).
 */
export function dropDerivedParent(span: object): void {
  const started = span as { parentSpanContext?: SpanContext | undefined };
  if (isDerivedParent(started.parentSpanContext)) started.parentSpanContext = undefined;
}

/** For responses: the caller's text, else the trace ID, else undefined. Safe in a header. */
export function responseXTraceId(where: Context): string | undefined {
  const text = xTraceIdOf(where);
  if (text !== undefined && isXTraceId(text)) return text;
  const traceId = trace.getSpanContext(where)?.traceId;
  return isTraceId(traceId) ? traceId : undefined;
}
