import { plainObject } from './plain-value.ts';

/** What an adapter has of a line. */
export interface LoggedLine {
  /** OpenTelemetry's; 0: unknown. */
  readonly severityNumber: number;
  /** The logger's own word. */
  readonly severityText: string;
  readonly message: unknown;
  /** With the trace's fields, where the line has them. */
  readonly attributes: object;
  /** Key of the line's error; default `err`. */
  readonly errorKey?: string | undefined;
  /** Perhaps in another's context: only the attributes name its trace. */
  readonly isLate?: boolean;
}

/** A record for OTLP. */
export interface SentLine {
  /** ms since 1970. */
  readonly timeMs: number;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly trace: SentTrace | undefined;
  readonly scope: { readonly name: string; readonly version: string };
}

export interface SentTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** Other fields of the record, or of the resource, have them. */
const ELSEWHERE = ['level', 'time', 'timestamp', 'pid', 'hostname', 'v', 'trace_id', 'span_id', 'trace_flags'];

const TRACE_ID = /^(?!0{32})[\da-f]{32}$/;
const SPAN_ID = /^(?!0{16})[\da-f]{16}$/;

/**
 * @param active the caller's, unless the line names its trace, or is late
 */
export function sentLine(line: LoggedLine, active: SentTrace | undefined, scope: SentLine['scope']): SentLine {
  const attributes = plainObject(line.attributes);
  const trace = traceOf(attributes) ?? (line.isLate ? undefined : active);
  for (const key of ELSEWHERE) delete attributes[key];
  describeError(attributes, line.errorKey ?? 'err');
  const { message } = line;
  const body = typeof message === 'object' && message !== null ? plainObject({ message })['message'] : message;
  const { severityNumber, severityText } = line;
  return { timeMs: Date.now(), severityNumber, severityText, body, attributes, trace, scope };
}

function traceOf({ trace_id, span_id, trace_flags }: Record<string, unknown>): SentTrace | undefined {
  if (typeof trace_id !== 'string' || typeof span_id !== 'string') return undefined;
  if (!TRACE_ID.test(trace_id) || !SPAN_ID.test(span_id)) return undefined;
  return { traceId: trace_id, spanId: span_id, traceFlags: trace_flags === '00' ? 0 : 1 };
}

/** As the semantic conventions name an error's parts. */
function describeError(attributes: Record<string, unknown>, errorKey: string): void {
  const error = attributes[errorKey];
  // winston's `errors` format, and `log.error(error)`.
  const { stack } = attributes;
  if (typeof error === 'object' && error !== null && 'stack' in error) {
    delete attributes[errorKey];
    const { type, name, message, stack: own, ...rest } = error as Record<string, unknown>;
    Object.assign(attributes, exception(type ?? name, message, own));
    if (Object.keys(rest).length > 0) attributes[errorKey] = rest;
  } else if (typeof stack === 'string') {
    delete attributes['stack'];
    attributes['exception.stacktrace'] = stack;
  }
}

function exception(type: unknown, message: unknown, stack: unknown): Record<string, unknown> {
  return {
    ...(typeof type === 'string' && { 'exception.type': type }),
    ...(typeof message === 'string' && { 'exception.message': message }),
    ...(typeof stack === 'string' && { 'exception.stacktrace': stack }),
  };
}
