import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type HrTime, type Span } from '@opentelemetry/api';
import { attributeOf, eachAttribute, suppressed, withXTraceId } from '@foreshock/kit';
import {
  BREAKER_NAME,
  BREAKER_STATE,
  POOL_LIMIT,
  POOL_NAME,
  POOL_PENDING,
  POOL_USED,
  QUEUE_ATTEMPT,
  RETRY_ATTEMPT,
  TASK_POOL_NAME,
  X_TRACE_ID,
} from '@foreshock/kit/names';
import { lineFields, type LineFields } from './line-fields.ts';

/** The used part of the SDK's (2.x, 3.x) and our tracer's. */
export interface ReadableSpan extends Span {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: { readonly code: SpanStatusCode };
  readonly instrumentationScope?: { readonly name: string };
}

const ROOM = '@foreshock/instrumentation-';

/** By span attributes, the first that exists. */
const FIELDS = Object.entries({
  peer: ['server.address', 'messaging.destination.name', 'peer.service'],
  pool: [POOL_NAME, TASK_POOL_NAME],
  pool_active: [POOL_USED],
  pool_max: [POOL_LIMIT],
  pool_pending: [POOL_PENDING],
  attempt: [RETRY_ATTEMPT, QUEUE_ATTEMPT],
  breaker: [BREAKER_NAME],
  breaker_state: [BREAKER_STATE],
  status_code: ['http.response.status_code', 'db.response.status_code'],
  error_type: ['error.type'],
}).map(([field, names]) => ({ key: `,"${field}":`, field, names }));

/** Where an attribute goes, and how many attributes go before it. */
const PLACES = new Map(
  FIELDS.flatMap(({ names }, index) => names.map((name, rank) => [name, { index, rank }] as const)),
);

/** All that a line may have. */
export const BOUNDARY_FIELDS = ['boundary', 'event', 'time_ns', 'duration_ns', ...FIELDS.map(({ field }) => field)];

const APART = suppressed(ROOT_CONTEXT);

// Of one line at a time.
const values: unknown[] = FIELDS.map(() => undefined);
const ranks: number[] = FIELDS.map(() => 0);

/** At a boundary's entry or exit. */
export class BoundaryLine {
  readonly #span: ReadableSpan;
  readonly #event: 'enter' | 'exit';
  readonly #boundary: string;

  constructor(span: ReadableSpan, event: 'enter' | 'exit', boundary: string) {
    this.#span = span;
    this.#event = event;
    this.#boundary = boundary;
  }

  get level(): 'info' | 'warn' {
    return this.#event === 'exit' && this.#span.status.code === SpanStatusCode.ERROR ? 'warn' : 'info';
  }

  get message(): string {
    return `${this.#event} ${this.#span.name}`;
  }

  /** As in a JSON line: `,"boundary":"db","event":"enter",…`. */
  get json(): string {
    return jsonOf(this.#span, this.#event, this.#boundary);
  }

  /** The same as an object. */
  get fields(): Record<string, unknown> {
    return JSON.parse(`{${this.json.slice(1)}}`);
  }

  get trace(): Readonly<LineFields> {
    return lineFields(this.#span.spanContext(), this.#xTraceId);
  }

  get #xTraceId(): string | undefined {
    const given = attributeOf(this.#span, X_TRACE_ID);
    return typeof given === 'string' ? given : undefined;
  }

  /** Calls within the span, so that a logger's line gets its fields. What it sends has no spans. */
  within(write: () => void): void {
    const where = suppressed(trace.setSpan(ROOT_CONTEXT, this.#span));
    const given = this.#xTraceId;
    context.with(given === undefined ? where : withXTraceId(where, given), write);
  }

  /** Calls outside of any span: cheaper. */
  apart(write: () => void): void {
    context.with(APART, write);
  }
}

/** Undefined for spans inside a service. */
export function boundaryOf({ kind, instrumentationScope }: ReadableSpan): string | undefined {
  const scope = instrumentationScope?.name ?? '';
  if (scope.startsWith(ROOM)) return scope.slice(ROOM.length);
  return kind === SpanKind.INTERNAL ? undefined : scope;
}

function jsonOf(span: ReadableSpan, event: 'enter' | 'exit', boundary: string): string {
  const { startTime } = span;
  let json = `,"boundary":${JSON.stringify(boundary)},"event":"${event}","time_ns":"`;
  if (event === 'enter') json += `${nanoseconds(startTime)}"`;
  else {
    const { endTime } = span;
    json += `${nanoseconds(endTime)}","duration_ns":${(endTime[0] - startTime[0]) * 1e9 + endTime[1] - startTime[1]}`;
  }
  values.fill(undefined);
  eachAttribute(span, keep);
  for (let index = 0; index < FIELDS.length; index++) {
    const value = values[index];
    if (value === undefined) continue;
    json += FIELDS[index]!.key + (typeof value === 'number' ? numberOf(value) : JSON.stringify(value));
  }
  return json;
}

function keep(name: string, value: unknown): void {
  const place = PLACES.get(name);
  if (place === undefined || value === undefined) return;
  const { index, rank } = place;
  if (values[index] !== undefined && ranks[index]! < rank) return;
  values[index] = value;
  ranks[index] = rank;
}

function numberOf(value: number): string {
  return Number.isFinite(value) ? `${value}` : 'null';
}

/** As text: JSON numbers are exact up to 2^53. */
function nanoseconds([seconds, rest]: HrTime): string {
  return `${seconds}${String(1e9 + rest).slice(1)}`;
}
