import type { SpanRecord } from '../records/record.ts';

export interface TraceSummary {
  id: number;
  trace_id: string;
  keep: number;
  start_ms: number;
  end_ms: number;
  bytes: number;
  /** 1 once a root span has set service, name, status, duration. */
  root: number;
  service: string;
  name: string;
  status: number;
  duration_ms: number;
  spans: number;
  errors: number;
  logs: number;
  waits: number;
  wait_ms: number;
  attempts: number;
  breaker: string | null;
}

export function emptySummary(id: number, traceId: string): TraceSummary {
  return {
    id,
    trace_id: traceId,
    keep: 0,
    start_ms: Infinity,
    end_ms: 0,
    bytes: 0,
    root: 0,
    service: '',
    name: '',
    status: 0,
    duration_ms: 0,
    spans: 0,
    errors: 0,
    logs: 0,
    waits: 0,
    wait_ms: 0,
    attempts: 0,
    breaker: null,
  };
}

/** By importance. */
const BREAKER_STATES = ['closed', 'half_open', 'open'];

export function addSpan(summary: TraceSummary, span: SpanRecord): void {
  const { attributes } = span;
  const isRoot = span.parentSpanId === '';
  const length = span.end - span.start;
  // The longest root; until one arrives, the earliest.
  const isFirst = isRoot ? summary.root === 0 || length > summary.duration_ms : summary.root === 0;
  if (isFirst && (isRoot || span.start < summary.start_ms)) {
    summary.service = span.resource.service;
    summary.name = span.name;
    summary.status = span.status;
    summary.duration_ms = length;
  }
  if (isRoot) summary.root = 1;
  summary.start_ms = Math.min(summary.start_ms, span.start);
  summary.end_ms = Math.max(summary.end_ms, span.end);
  summary.spans++;
  if (span.status === 2) summary.errors++;
  const waitMs = attributes['pool.wait_ms'];
  // The query after it repeats this.
  if (typeof waitMs === 'number' && span.kind === 1) {
    summary.waits++;
    summary.wait_ms += waitMs;
  }
  const attempt = attributes['retry.attempt'];
  if (typeof attempt === 'number' && attempt > summary.attempts) summary.attempts = attempt;
  const state = attributes['circuitbreaker.state'];
  if (typeof state === 'string' && BREAKER_STATES.indexOf(state) > BREAKER_STATES.indexOf(summary.breaker ?? ''))
    summary.breaker = state;
}
