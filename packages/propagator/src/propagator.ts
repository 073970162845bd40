import {
  propagation,
  trace,
  type Baggage,
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { isCarrierTrusted, isOwn, isSuppressed, report, xTraceIdOf } from '@foreshock/kit';
import { B3_MULTI_FIELDS, B3_SINGLE_FIELDS, extractB3, injectB3Multi, injectB3Single, isDeniedByB3 } from './b3.ts';
import { formatBaggage, parseBaggage } from './baggage.ts';
import { ExtractedContext, remoteTraceOf, type RemoteTrace } from './extracted-context.ts';
import { listText, soleText } from './header.ts';
import { isSpanId, isTraceId } from './hex.ts';
import { mayPropagateTo } from './host-pattern.ts';
import { randomTraceId } from './ids.ts';
import { reject } from './rejected-input.ts';
import { isRandomId } from './sampled-id.ts';
import { formatTraceParent, parseTraceParent, RANDOM, SAMPLED } from './trace-parent.ts';
import { TraceStateList } from './trace-state.ts';
import { derivedParent, isDerivedParent, isXTraceId, traceIdOfText } from './x-trace-id.ts';

const NAMES = ['tracecontext', 'baggage', 'x-trace-id', 'b3', 'b3multi'] as const;

/** Names in `OTEL_PROPAGATORS`; `x-trace-id` is ours. */
export type PropagatorName = (typeof NAMES)[number];

export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage', 'x-trace-id'];

const FIELDS: Readonly<Record<PropagatorName, readonly string[]>> = {
  tracecontext: ['traceparent', 'tracestate'],
  baggage: ['baggage'],
  'x-trace-id': ['x-trace-id'],
  b3: B3_SINGLE_FIELDS,
  b3multi: B3_MULTI_FIELDS,
};

export interface PropagatorOptions {
  /** Default {@link DEFAULT_PROPAGATORS}. Precedence: `traceparent`, B3, `x-trace-id`. */
  propagators?: readonly PropagatorName[];
  /**
   * `FORESHOCK_TRUST_INCOMING`: false ignores incoming headers, except our own carriers' (kit's `withCarrierTrust`).
   * Default true.
   */
  trustIncoming?: boolean;
  /** `FORESHOCK_PROPAGATE_TO`, for {@link mayPropagateTo}; default all. */
  propagateTo?: readonly string[] | undefined;
}

/**
 * `none` gives an empty list, only unknown names the default.
 *
 * @returns formats, and unknown names to warn about
 */
export function propagatorsFromNames(names: readonly string[]): { propagators: PropagatorName[]; unknown: string[] } {
  const propagators = new Set<PropagatorName>();
  const unknown: string[] = [];
  let none = false;
  for (const name of names) {
    const wanted = name.trim().toLowerCase();
    const known = NAMES.find((candidate) => candidate === wanted);
    if (known) propagators.add(known);
    else if (wanted === 'none') none = true;
    else if (wanted !== '') unknown.push(name);
  }
  if (propagators.size === 0 && !none) return { propagators: [...DEFAULT_PROPAGATORS], unknown };
  return { propagators: [...propagators], unknown };
}

/** W3C trace context (level 2), W3C baggage, `x-trace-id` and B3, in one context. Never throws. */
export class ForeshockPropagator implements TextMapPropagator {
  readonly #fields: readonly string[];
  readonly #traceContext: boolean;
  readonly #baggage: boolean;
  readonly #xTraceId: boolean;
  readonly #b3Single: boolean;
  readonly #b3Multi: boolean;
  readonly #trustIncoming: boolean;
  readonly #propagateTo: readonly string[] | undefined;

  constructor(options: PropagatorOptions = {}) {
    const names = new Set(options.propagators ?? DEFAULT_PROPAGATORS);
    this.#fields = Array.from(names, (name) => FIELDS[name]).flat();
    this.#traceContext = names.has('tracecontext');
    this.#baggage = names.has('baggage');
    this.#xTraceId = names.has('x-trace-id');
    this.#b3Single = names.has('b3');
    this.#b3Multi = names.has('b3multi');
    this.#trustIncoming = options.trustIncoming ?? true;
    this.#propagateTo = options.propagateTo;
  }

  mayPropagateTo(host: string): boolean {
    return mayPropagateTo(host, this.#propagateTo);
  }

  fields(): string[] {
    return [...this.#fields];
  }

  extract<Carrier>(where: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    if (!this.#trustIncoming && !isCarrierTrusted(where)) return where;
    try {
      return this.#extract(where, carrier, getter);
    } catch (error) {
      // Only getter or carrier can throw.
      report('reading trace headers', error);
      return where;
    }
  }

  #extract<Carrier>(where: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    let parent: SpanContext | undefined;
    let remote: RemoteTrace | undefined;

    if (this.#traceContext) {
      parent = readTraceContext(carrier, getter);
      if (parent) remote = { traceId: parent.traceId, random: (parent.traceFlags & RANDOM) !== 0, debug: false };
    }
    if (!parent && (this.#b3Single || this.#b3Multi)) {
      const b3 = extractB3(carrier, getter);
      if (b3) {
        parent = b3.spanContext;
        remote = { traceId: parent.traceId, random: false, debug: b3.debug };
      }
    }
    let xTraceId: string | undefined;
    if (this.#xTraceId) {
      const text = soleText('x-trace-id', getter.get(carrier, 'x-trace-id'));
      if (text !== undefined) xTraceId = isXTraceId(text) ? text : reject('x-trace-id', 'malformed');
    }
    if (!parent) {
      // Without identifiers, callers may refuse recording.
      const denied = (this.#b3Single || this.#b3Multi) && isDeniedByB3(carrier, getter);
      if (xTraceId !== undefined || denied) {
        const traceId = xTraceId === undefined ? randomTraceId() : traceIdOfText(xTraceId);
        parent = derivedParent(traceId, !denied);
        // A chosen text's ID may not be random.
        remote = { traceId, random: xTraceId === undefined, debug: false };
      }
    }
    let baggage: Baggage | undefined;
    if (this.#baggage) {
      const text = listText('baggage', getter.get(carrier, 'baggage'));
      if (text !== undefined) baggage = parseBaggage(text);
    }
    if (!parent && xTraceId === undefined && !baggage) return where;
    return ExtractedContext.over(where, parent && trace.wrapSpanContext(parent), remote, xTraceId, baggage);
  }

  inject<Carrier>(where: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    if (isSuppressed(where)) return;
    try {
      this.#inject(where, carrier, setter);
    } catch (error) {
      // Only a setter (headers already sent) or foreign TraceState throws.
      report('writing trace headers', error);
    }
  }

  #inject<Carrier>(where: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    const span = trace.getSpan(where);
    const spanContext = span?.spanContext();
    const isOurs = span !== undefined && isOwn(span);
    const known = remoteTraceOf(where);
    const remote = known !== undefined && known.traceId === spanContext?.traceId ? known : undefined;
    // Others: any ID generator's.
    const traceId = isOurs || remote || isTraceId(spanContext?.traceId) ? spanContext?.traceId : undefined;
    // A derived parent is no span: only its text is sent, without ours.
    if (
      traceId !== undefined &&
      spanContext &&
      (isOurs || isSpanId(spanContext.spanId)) &&
      !isDerivedParent(spanContext)
    ) {
      if (this.#traceContext) injectTraceContext(where, spanContext, carrier, setter);
      if (this.#b3Single) injectB3Single({ spanContext, debug: remote?.debug === true }, carrier, setter);
      if (this.#b3Multi) injectB3Multi({ spanContext, debug: remote?.debug === true }, carrier, setter);
    }
    if (this.#xTraceId) {
      const text = xTraceIdOf(where);
      if (text !== undefined && isXTraceId(text)) setter.set(carrier, 'x-trace-id', text);
      else if (traceId !== undefined) setter.set(carrier, 'x-trace-id', traceId);
    }
    if (this.#baggage) {
      const baggage = propagation.getBaggage(where);
      const text = baggage === undefined ? '' : formatBaggage(baggage);
      if (text !== '') setter.set(carrier, 'baggage', text);
    }
  }
}

function injectTraceContext<Carrier>(
  where: Context,
  spanContext: SpanContext,
  carrier: Carrier,
  setter: TextMapSetter<Carrier>,
): void {
  const { traceId, spanId, traceFlags, traceState } = spanContext;
  const random = isRandomId(where, spanContext);
  setter.set(
    carrier,
    'traceparent',
    formatTraceParent(traceId, spanId, (traceFlags & SAMPLED) | (random ? RANDOM : 0)),
  );
  const state = traceState && TraceStateList.textOf(traceState);
  if (state) setter.set(carrier, 'tracestate', state);
}

function readTraceContext<Carrier>(carrier: Carrier, getter: TextMapGetter<Carrier>): SpanContext | undefined {
  const header = soleText('traceparent', getter.get(carrier, 'traceparent'));
  if (header === undefined) return undefined;
  const parent = parseTraceParent(header);
  // Node joins two headers into a malformed one; the trace restarts either way.
  if (!parent) return reject('traceparent', header.includes(',') ? 'duplicated' : 'malformed');
  const state = listText('tracestate', getter.get(carrier, 'tracestate'));
  const traceState = state === undefined ? undefined : TraceStateList.parse(state);
  if (traceState) parent.traceState = traceState;
  return parent;
}
