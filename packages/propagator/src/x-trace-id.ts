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

/**
 * Whether a text may be carried on as `x-trace-id`: 1 to 128 of `[A-Za-z0-9._:-]`. The nil UUID is
 * not: everybody who sends it means that there is no identifier.
 */
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

/**
 * The trace ID of a legal `x-trace-id`, the same in every service and after every restart: 32 hex digits
 * or a UUID in any case are the trace ID itself; of any other text it is the first half of its SHA-256.
 */
export function traceIdOfText(text: string): string {
  const digits = text.length === 32 ? text : withoutHyphens(text);
  const traceId = digits?.toLowerCase();
  if (isTraceId(traceId)) return traceId;
  // Loaded with the first such text, as the IDs' is: not needed at start.
  return process.getBuiltinModule('node:crypto').hash('sha256', text, 'hex').slice(0, 32);
}

/** The digits of what is shaped like a UUID. */
function withoutHyphens(text: string): string | undefined {
  if (text.length !== 36 || text.charCodeAt(8) !== DASH || text.charCodeAt(13) !== DASH) return undefined;
  if (text.charCodeAt(18) !== DASH || text.charCodeAt(23) !== DASH) return undefined;
  return text.slice(0, 8) + text.slice(9, 13) + text.slice(14, 18) + text.slice(19, 23) + text.slice(24);
}

const DERIVED = Symbol.for('foreshock.derived-parent');

/**
 * The parent of a trace that came in as `x-trace-id` alone. OpenTelemetry gives a new span somebody
 * else's trace ID only below a parent, so there has to be one, with a span ID that no span has: the second
 * half of the trace ID. {@link dropDerivedParent} and {@link sampleDerivedAsRoot} take it out of sight
 * again. Where they are not in use a span below it is sampled, and a trace view notes a missing parent.
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

  // A symbol of the registry: the preload's bundle and an imported copy know each other's.
  get [DERIVED](): true {
    return true;
  }
}

/** @param sampled false when the caller has decided, without a trace ID, that its trace is not recorded */
export function derivedParent(traceId: string, sampled = true): SpanContext {
  return new DerivedParent(traceId, sampled ? TraceFlags.SAMPLED : TraceFlags.NONE);
}

/** Whether a trace without a caller's span is not to be recorded, as the caller says (`b3: 0`). */
export function isDenied(parent: SpanContext | undefined): boolean {
  return isDerivedParent(parent) && (parent!.traceFlags & TraceFlags.SAMPLED) === 0;
}

/** Whether this parent is no span, only the carrier of a trace ID that came in as `x-trace-id`. */
export function isDerivedParent(parent: SpanContext | undefined): boolean {
  return parent !== undefined && (parent as Partial<DerivedParent>)[DERIVED] === true;
}

/**
 * Makes a span whose parent is derived the root it is. For a span processor's `onStart`, which runs
 * before anything reads the parent; SDK 2.x and 3.x keep it in the public field `parentSpanContext`.
 */
export function dropDerivedParent(span: object): void {
  const started = span as { parentSpanContext?: SpanContext | undefined };
  if (isDerivedParent(started.parentSpanContext)) started.parentSpanContext = undefined;
}

/**
 * What to put into a response as `x-trace-id`, so that a user can quote it: the caller's own text, else
 * the trace ID; undefined when there is neither. Safe in a header.
 */
export function responseXTraceId(where: Context): string | undefined {
  const text = xTraceIdOf(where);
  if (text !== undefined && isXTraceId(text)) return text;
  const traceId = trace.getSpanContext(where)?.traceId;
  return isTraceId(traceId) ? traceId : undefined;
}
