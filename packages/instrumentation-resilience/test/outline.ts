import type { ReceivedMetric, ReceivedSpan } from '@foreshock/testkit';

/** What the HTTP boundary says of a call, which is its own tests' matter. */
const OF_HTTP = /^(?:http\.(?!request\.resend_count)|url\.|server\.|network\.|user_agent\.)/;
/** Durations differ from run to run: that there is one, and that it is a number, is what counts. */
const DURATION = /_ms$/;

type Attributes = Record<string, unknown>;

/** A span below a caller: its name, its attributes, and what is wrong, if something is. */
export type Outlined = [name: string, attributes: Attributes, failure?: string];

export interface Caller {
  calls: Outlined[];
  events: Attributes[];
}

/**
 * What each caller's trace tells, by the caller's name: its own events, and its children: calls in the order in
 * which they began, then what was decided about them.
 */
export function outline(spans: readonly ReceivedSpan[]): Record<string, Caller> {
  const callers = spans.filter(({ scope }) => scope === 'test');
  const ids = new Set(callers.map(({ spanId }) => spanId));
  const lost = spans.filter((span) => !ids.has(span.spanId) && !ids.has(span.parentSpanId));
  if (lost.length > 0) throw new Error(`spans below none of the callers: ${lost.map(({ name }) => name).join(', ')}`);
  return Object.fromEntries(
    callers.map((caller) => {
      const children = spans.filter(({ parentSpanId }) => parentSpanId === caller.spanId);
      const { CLIENT = [], INTERNAL = [] } = Object.groupBy(children, ({ kind }) => kind);
      const calls = [...CLIENT.sort((a, b) => a.startTime - b.startTime), ...INTERNAL];
      // Whether a wait took 100 ms is the machine's matter.
      const events = caller.events
        .filter(({ name }) => name !== 'retry.wait')
        .map(({ name, attributes }) => Object.assign({ event: name }, withoutTimes(attributes)));
      return [caller.name, { calls: calls.map(outlineOf), events }];
    }),
  );
}

function outlineOf({ name, attributes, status }: ReceivedSpan): Outlined {
  const kept = withoutTimes(attributes);
  return status.code === 'ERROR' ? [name, kept, status.message ?? ''] : [name, kept];
}

function withoutTimes(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([key]) => !OF_HTTP.test(key))
      .map(([key, value]) => [key, DURATION.test(key) ? typeof value : value]),
  );
}

/** The points of a counter: its attributes' values, joined, and the count. */
export function counted(metrics: readonly ReceivedMetric[], name: string): Record<string, unknown> {
  const points = metrics.filter((metric) => metric.name === name).flatMap((metric) => metric.points);
  return Object.fromEntries(points.map(({ attributes, value }) => [Object.values(attributes).join(' '), value]));
}
