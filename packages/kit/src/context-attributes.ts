import { createContextKey, SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';

// `createContextKey` uses `Symbol.for`: the bundle's and imported copies agree.
const KEY = createContextKey('foreshock.context-attributes');

/** Deeper contexts pass themselves on endlessly. */
const MAX_DEPTH = 16;

interface Entry {
  attributes: Attributes;
  /** The span they were set in; also its direct children's, of any kind. */
  below: Span | undefined;
  during: { readonly over: boolean } | undefined;
  outer: Entry | undefined;
  depth: number;
}

/**
 * Adds attributes to spans down to the first outgoing call.
 *
 * @param during dropped once `over`, also in servers and timers started before
 */
export function withContextAttributes(
  where: Context,
  attributes: Attributes,
  during?: { readonly over: boolean },
): Context {
  let outer = where.getValue(KEY) as Entry | undefined;
  while (outer?.during?.over) outer = outer.outer;
  // Chained successors would grow it endlessly.
  if (outer && outer.depth >= MAX_DEPTH) outer = { ...outer, outer: undefined, depth: 1 };
  const depth = outer ? outer.depth + 1 : 1;
  return where.setValue(KEY, { attributes, below: trace.getSpan(where), during, outer, depth } satisfies Entry);
}

/** @param kind serving remote calls: none */
export function contextAttributesOf(where: Context, kind?: SpanKind): Attributes | undefined {
  if (kind === SpanKind.SERVER || kind === SpanKind.CONSUMER) return undefined;
  let entry = where.getValue(KEY) as Entry | undefined;
  if (!entry) return undefined;
  const parent = trace.getSpan(where);
  let found: Attributes | undefined;
  for (; entry; entry = entry.outer) {
    if (entry.during?.over || (entry.below !== parent && isCall(parent))) continue;
    found = found ? { ...entry.attributes, ...found } : entry.attributes;
  }
  return found;
}

/** Whether it calls another service; only SDK spans show it. */
function isCall(span: Span | undefined): boolean {
  if (!span) return false;
  const kind = (span as { kind?: SpanKind }).kind ?? SpanKind.INTERNAL;
  return kind !== SpanKind.INTERNAL || span.spanContext().isRemote === true;
}
