import { createContextKey, SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';

// `createContextKey` makes registered symbols: the bundle's copy and an imported one agree.
const KEY = createContextKey('foreshock.context-attributes');

/** Policies in policies in policies: more than this is a context that hands itself on for ever. */
const MAX_DEPTH = 16;

/** Attributes that were set in one context, and those around them. */
interface Entry {
  attributes: Attributes;
  /** The span in whose context they were set; what starts right below it has them, whatever its kind. */
  below: Span | undefined;
  during: { readonly over: boolean } | undefined;
  outer: Entry | undefined;
  depth: number;
}

/**
 * Adds attributes to the spans started in the returned context: an attempt's number, a breaker's
 * state. The span processor of `foreshock/sdk` puts them there, on spans of other instrumentations too.
 * They go down to the first outgoing call, not below it.
 *
 * @param during what they are true for; once it is `over` they are forgotten, also by what was started meanwhile
 * and lives on (a server, a timer, a connection)
 */
export function withContextAttributes(
  where: Context,
  attributes: Attributes,
  during?: { readonly over: boolean },
): Context {
  let outer = where.getValue(KEY) as Entry | undefined;
  while (outer?.during?.over) outer = outer.outer;
  // Work that sets off its own successor would chain all the attributes there ever were.
  if (outer && outer.depth >= MAX_DEPTH) outer = { ...outer, outer: undefined, depth: 1 };
  const depth = outer ? outer.depth + 1 : 1;
  return where.setValue(KEY, { attributes, below: trace.getSpan(where), during, outer, depth } satisfies Entry);
}

/**
 * The attributes in force for a span that starts in this context, or undefined.
 *
 * @param kind of the span: one that serves somebody else's call has none of them
 */
export function contextAttributesOf(where: Context, kind?: SpanKind): Attributes | undefined {
  let entry = where.getValue(KEY) as Entry | undefined;
  if (!entry || kind === SpanKind.SERVER || kind === SpanKind.CONSUMER) return undefined;
  const parent = trace.getSpan(where);
  let found: Attributes | undefined;
  for (; entry; entry = entry.outer) {
    if (entry.during?.over || (entry.below !== parent && isCall(parent))) continue;
    found = found ? { ...entry.attributes, ...found } : entry.attributes;
  }
  return found;
}

/** Whether a span stands for one call between services, the SDK's spans tell; what is below it is no call of ours. */
function isCall(span: Span | undefined): boolean {
  if (!span) return false;
  const kind = (span as { kind?: SpanKind }).kind ?? SpanKind.INTERNAL;
  return kind !== SpanKind.INTERNAL || span.spanContext().isRemote === true;
}
