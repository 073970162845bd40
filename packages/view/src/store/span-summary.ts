import type { AttributeValue, Attributes, SpanRecord } from '../records/record.ts';

/** What the waterfall draws beside bars; absent if nothing. */
export interface SpanSummary {
  /** Before its start, ms. */
  queuedMs?: number;
  /** Milliseconds between attempts before its start. */
  delayMs?: number;
  /** For a connection, at the call's start, ms. */
  waitedInsideMs?: number;
  attempt?: number;
  maxAttempts?: number;
  /** `open` or `half_open`. */
  breaker?: string;
  errorType?: string;
  /** Held what the span waited for. */
  holder?: { traceId: string; pool: string };
  /** Milliseconds after the start. */
  events?: number[];
  link?: { traceId: string; spanId: string };
}

/** More are illegible on a bar. */
const MOST_EVENTS = 60;
const LONGEST = 60;

/** Computed once, on arrival: a large trace is drawn without attributes. */
export function summaryJson(span: SpanRecord): string | null {
  const summary = summaryOf(span);
  for (const _ in summary) return JSON.stringify(summary);
  return null;
}

function summaryOf({ name, attributes, events, links, start, status }: SpanRecord): SpanSummary {
  const summary: SpanSummary = {};
  const queuedMs = name.startsWith('queue.wait') ? 0 : positive(attributes['queue.wait_ms']);
  if (queuedMs > 0) summary.queuedMs = queuedMs;
  const delayMs = positive(attributes['retry.delay_ms']);
  if (delayMs > 0) summary.delayMs = delayMs;
  const waitedInsideMs = positive(attributes['http.phase.queue_ms']);
  if (waitedInsideMs > 0) summary.waitedInsideMs = waitedInsideMs;
  const attempt = positive(attributes['retry.attempt']) || positive(attributes['queue.attempt']);
  if (attempt > 1) {
    summary.attempt = attempt;
    const maxAttempts = positive(attributes['retry.max_attempts']) || positive(attributes['queue.max_attempts']);
    if (maxAttempts > 0) summary.maxAttempts = maxAttempts;
  }
  const breaker = attributes['circuitbreaker.state'];
  if (breaker === 'open' || breaker === 'half_open') summary.breaker = breaker;
  const errorType = attributes['error.type'];
  if (status === 2 && errorType !== undefined) summary.errorType = textOf(errorType);
  const holder = attributes['pool.holder.trace_id'];
  if (typeof holder === 'string')
    summary.holder = { traceId: holder.slice(0, 32).toLowerCase(), pool: poolOf(attributes) };
  if (events.length > 0) summary.events = events.slice(0, MOST_EVENTS).map(({ time }) => time - start);
  const link = links.find(({ traceId }) => traceId !== '');
  if (link) summary.link = { traceId: link.traceId.slice(0, 32), spanId: link.spanId.slice(0, 16) };
  return summary;
}

function poolOf(attributes: Attributes): string {
  return textOf(attributes['db.client.connection.pool.name'] ?? attributes['pool.name'] ?? '');
}

function positive(value: AttributeValue | undefined): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

function textOf(value: AttributeValue): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST);
}
