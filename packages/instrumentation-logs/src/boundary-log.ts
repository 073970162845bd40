import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type HrTime, type Span } from '@opentelemetry/api';
import { attributeOf, log, report, suppressed, withXTraceId } from '@foreshock/kit';
import {
  BREAKER_NAME,
  BREAKER_STATE,
  FORESHOCK_INTERRUPTED,
  POOL_LIMIT,
  POOL_NAME,
  POOL_PENDING,
  POOL_USED,
  QUEUE_ATTEMPT,
  RETRY_ATTEMPT,
  TASK_POOL_NAME,
  X_TRACE_ID,
} from '@foreshock/kit/names';
import { applicationLogger } from './application-logger.ts';

/** FORESHOCK_BOUNDARY_LOGS. */
export type BoundaryLogs = 'errors' | 'all';

/** The used part of the SDK's (2.x, 3.x) and our tracer's. */
interface ReadableSpan extends Span {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: { readonly code: SpanStatusCode };
  readonly instrumentationScope?: { readonly name: string };
}

const ROOM = '@foreshock/instrumentation-';

/** Line fields by span attributes, the first that exists. */
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
});

/**
 * A span processor: a line at each boundary's entry and exit, within the span. A trace's last `enter` without `exit` is
 * where its request stands.
 */
export class BoundaryLog {
  readonly #all: boolean;
  #isWriting = false;
  #isMissing = false;

  /** @param which `errors`: only failures' exits */
  constructor(which: BoundaryLogs) {
    this.#all = which === 'all';
  }

  onStart(span: Span): void {
    if (this.#all) this.#write(span as ReadableSpan, 'enter');
  }

  onEnd(span: object): void {
    const ended = span as ReadableSpan;
    if (this.#all || ended.status.code === SpanStatusCode.ERROR) this.#write(ended, 'exit');
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  /** It may throw, or send HTTP. */
  #write(span: ReadableSpan, event: 'enter' | 'exit'): void {
    if (this.#isWriting) return;
    try {
      const boundary = boundaryOf(span);
      // The process ended first.
      if (boundary === undefined || attributeOf(span, FORESHOCK_INTERRUPTED) !== undefined) return;
      const write = applicationLogger();
      if (!write) return this.#missing();
      const fields = fieldsOf(span, event, boundary);
      const level = event === 'exit' && span.status.code === SpanStatusCode.ERROR ? 'warn' : 'info';
      this.#isWriting = true;
      context.with(within(span), () => write(level, `${event} ${span.name}`, fields));
    } catch (error) {
      report('writing a boundary log', error);
    } finally {
      this.#isWriting = false;
    }
  }

  #missing(): void {
    if (this.#isMissing) return;
    this.#isMissing = true;
    log(
      'info',
      'foreshock: FORESHOCK_BOUNDARY_LOGS: the application has made no logger yet, there are no lines until then',
    );
  }
}

/** Undefined for spans inside a service. */
function boundaryOf({ kind, instrumentationScope }: ReadableSpan): string | undefined {
  const scope = instrumentationScope?.name ?? '';
  if (scope.startsWith(ROOM)) return scope.slice(ROOM.length);
  return kind === SpanKind.INTERNAL ? undefined : scope;
}

function fieldsOf(span: ReadableSpan, event: string, boundary: string): Record<string, unknown> {
  const { startTime, endTime } = span;
  const fields: Record<string, unknown> = { boundary, event };
  fields['time_ns'] = nanoseconds(event === 'enter' ? startTime : endTime);
  if (event === 'exit') fields['duration_ns'] = (endTime[0] - startTime[0]) * 1e9 + endTime[1] - startTime[1];
  for (const [field, names] of FIELDS) {
    for (const name of names) {
      const value = attributeOf(span, name);
      if (value === undefined) continue;
      fields[field] = value;
      break;
    }
  }
  return fields;
}

/** As text: JSON numbers are exact up to 2^53. */
function nanoseconds([seconds, rest]: HrTime): string {
  return `${seconds}${String(1e9 + rest).slice(1)}`;
}

function within(span: ReadableSpan): ReturnType<typeof trace.setSpan> {
  const where = suppressed(trace.setSpan(ROOT_CONTEXT, span));
  const given = attributeOf(span, X_TRACE_ID);
  return typeof given === 'string' ? withXTraceId(where, given) : where;
}
