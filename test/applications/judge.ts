import type { ReceivedSpan } from '@foreshock/testkit';

/** Of all spans below a request, a message, a job or the start. */
const LEAST_BELOW = 0.98;
/** Of all traces: one span, and none of these. */
const MOST_LONE = 0.02;

/** What is wrong with the spans of an application. */
export function judge(spans: readonly ReceivedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const topOf = (span: ReceivedSpan): ReceivedSpan => {
    let top = span;
    for (let above = byId.get(top.parentSpanId!); above; above = byId.get(top.parentSpanId!)) top = above;
    return top;
  };
  const elsewhere = spans.filter((span) => !isRoot(topOf(span)));
  const traces = Map.groupBy(spans, ({ traceId }) => traceId);
  const lone = [...traces.values()].filter((trace) => trace.length === 1 && !isRoot(trace[0]!));
  const below = 1 - elsewhere.length / Math.max(spans.length, 1);
  console.log(
    `  ${percent(below)} of the spans are below a request, message, job or the start; ${percent(lone.length / traces.size)} of the traces are lone spans`,
  );
  return [
    ...(spans.length === 0 ? ['there are no spans'] : []),
    ...(below < LEAST_BELOW ? [`below nothing: ${named(elsewhere)}`] : []),
    ...(lone.length / traces.size > MOST_LONE ? [`alone: ${named(lone.flat())}`] : []),
  ];
}

function isRoot({ kind, name }: ReceivedSpan): boolean {
  return kind === 'SERVER' || kind === 'CONSUMER' || /^(?:job|start) /.test(name);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`;
}

function named(spans: readonly ReceivedSpan[]): string {
  const counts = Map.groupBy(spans, ({ name, scope }) => `${name} (${scope})`);
  return Array.from(counts, ([name, { length }]) => `${length} × ${name}`).join(', ');
}
