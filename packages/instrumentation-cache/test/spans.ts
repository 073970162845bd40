import type { ReceivedSpan } from '@foreshock/testkit';

/** A span without what differs from run to run. */
export interface Whole {
  name: string;
  kind: ReceivedSpan['kind'];
  attributes: Record<string, unknown>;
  status: ReceivedSpan['status'];
  events?: { name: string; attributes: Record<string, unknown> }[];
  links?: number;
}

/**
 * All there is to say of a span; no events and no links are left out. What opening its connection took is said of the
 * first (openings.test.ts).
 */
export function whole({ name, kind, attributes, status, events, links }: ReceivedSpan): Whole {
  return {
    name,
    kind,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !key.startsWith('db.phase.'))),
    status,
    ...(events.length > 0 && { events: events.map((event) => ({ name: event.name, attributes: event.attributes })) }),
    ...(links.length > 0 && { links: links.length }),
  };
}

/** A client span that worked. */
export function call(name: string, attributes: Record<string, unknown>): Whole {
  return { name, kind: 'CLIENT', attributes, status: { code: 'UNSET' } };
}

/** The spans right below the one of this name. */
export function below(spans: readonly ReceivedSpan[], name: string): ReceivedSpan[] {
  const parent = spans.find((span) => span.name === name);
  if (!parent) throw new Error(`no span is named '${name}': ${spans.map((span) => span.name).join(', ')}`);
  return spans.filter((span) => span.traceId === parent.traceId && span.parentSpanId === parent.spanId);
}
