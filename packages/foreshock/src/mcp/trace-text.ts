import type { SpanRecord, WholeTrace } from '@foreshock/view/reader';
import { redacted, shownValue } from './redact.ts';
import { KINDS } from './span-words.ts';
import { count, duration, time } from './words.ts';

const ERROR = 2;
const MOST_SPANS = 100;
const MOST_DEPTH = 30;
const MOST_LOGS = 20;
const MOST_ATTRIBUTES = 6;
/** Beside a span, in order. */
const ATTRIBUTES = [
  'error.type',
  'http.response.status_code',
  'pool.wait_ms',
  'pool.wait_reason',
  'pool.pending',
  'pool.limit',
  'pool.holder.operation',
  'pool.holder.trace_id',
  'retry.attempt',
  'retry.delay_ms',
  'circuitbreaker.state',
  'circuitbreaker.outcome',
  'http.timeout_phase',
  'queue.wait_ms',
  'queue.attempt',
  'cache.hit',
  'event_loop.blocked_ms',
  'gc.pause_ms',
  'db.query.summary',
  'messaging.destination.name',
  'server.address',
];

/** The trace as indented list: critical path (*), errors, longest spans, and their ancestors. */
export function traceText(traceId: string, { spans, logs, onPath }: WholeTrace): string {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const begin = spans.reduce((least, { start }) => Math.min(least, start), Infinity);
  const end = spans.reduce((most, span) => Math.max(most, span.end), 0);
  const shown = chosen(spans, byId, onPath);
  const services = new Set(spans.map(({ resource }) => resource.service));
  return [
    `trace ${traceId}: ${count(spans.length, 'span')} of ${count(services.size, 'service')}, ${duration(end - begin)}, began ${time(begin)}`,
    ...treeOrder(spans, shown, byId).map(([span, depth]) => {
      const mark = onPath.has(span) ? '*' : ' ';
      const at = `+${duration(span.start - begin)}`.padStart(9);
      return `${mark}${at} ${duration(span.end - span.start).padStart(8)} ${'  '.repeat(depth)}${spanLine(span)}`;
    }),
    ...(shown.size < spans.length ? [`${spans.length - shown.size} more spans are not shown`] : []),
    ...logs
      .slice(0, MOST_LOGS)
      .map((log) => `log ${time(log.time)} ${redacted(log.severity, 10)} ${redacted(log.body)}`),
    ...(logs.length > MOST_LOGS ? [`${logs.length - MOST_LOGS} more log lines are not shown`] : []),
  ].join('\n');
}

function spanLine({ resource, name, kind, status, statusMessage, attributes, spanId }: SpanRecord): string {
  const shown = ATTRIBUTES.filter((key) => attributes[key] !== undefined)
    .slice(0, MOST_ATTRIBUTES)
    .map((key) => `${key}=${shownValue(key, attributes[key])}`);
  const error = status === ERROR ? [`ERROR${statusMessage ? ` ${redacted(statusMessage, 150)}` : ''}`] : [];
  const service = redacted(resource.service, 60);
  return [service, redacted(name, 100), `[${KINDS[kind] ?? kind}]`, ...error, ...shown, `span ${spanId}`].join('  ');
}

function chosen(spans: readonly SpanRecord[], byId: Map<string, SpanRecord>, onPath: Set<SpanRecord>): Set<string> {
  const rank = (span: SpanRecord): number =>
    (byId.has(span.parentSpanId) ? 0 : 4e9) +
    (span.status === ERROR ? 2e9 : 0) +
    (onPath.has(span) ? 1e9 : 0) +
    Math.min(span.end - span.start, 9e8);
  const shown = new Set<string>();
  for (const span of spans.toSorted((one, other) => rank(other) - rank(one))) {
    if (shown.size >= MOST_SPANS) break;
    // Those above it show its place.
    for (let at: SpanRecord | undefined = span; at && !shown.has(at.spanId); at = byId.get(at.parentSpanId))
      shown.add(at.spanId);
  }
  return shown;
}

/** Parents first, by start; iterative, each span once: parents may form a circle. */
function treeOrder(
  spans: readonly SpanRecord[],
  shown: Set<string>,
  byId: Map<string, SpanRecord>,
): [span: SpanRecord, depth: number][] {
  const visible = spans.filter(({ spanId }) => shown.has(spanId));
  const children = Map.groupBy(visible, ({ parentSpanId }) => (byId.has(parentSpanId) ? parentSpanId : ''));
  const order: [SpanRecord, number][] = [];
  const seen = new Set<string>();
  const walk = (roots: readonly SpanRecord[]): void => {
    const stack = roots.toReversed().map((span): [SpanRecord, number] => [span, 0]);
    for (let next = stack.pop(); next; next = stack.pop()) {
      const [span, depth] = next;
      if (seen.has(span.spanId)) continue;
      seen.add(span.spanId);
      order.push([span, Math.min(depth, MOST_DEPTH)]);
      for (const child of (children.get(span.spanId) ?? []).toReversed()) stack.push([child, depth + 1]);
    }
  };
  walk(children.get('') ?? []);
  for (const span of visible) if (!seen.has(span.spanId)) walk([span]);
  return order;
}
