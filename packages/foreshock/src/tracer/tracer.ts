import {
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type TimeInput,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { isSuppressed, log, noteScope, OWN, report, type SpanStart } from '@foreshock/kit';
import { idToSampleBy, isDenied, isDerivedParent, RANDOM, randomSpanId } from '@foreshock/propagator';
import { LimitedAttributes } from './attributes.ts';
import { randomTraceIdWords, SpanIds, textOfTraceId } from './span-ids.ts';
import type { SpanLimits } from './span-limits.ts';
import { RecordedSpan, type Scope, type SpanMaker } from './span.ts';

/** `Sampler` of SDK 2.x and 3.x. */
export interface Sampler {
  shouldSample(
    where: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: NonNullable<SpanOptions['links']>,
  ): { decision: number; attributes?: Readonly<Attributes>; traceState?: SpanContext['traceState'] };
}

/** The used part of `SpanProcessor`; for recorded spans only. */
export interface SpanListener {
  onStart(span: RecordedSpan, parent: Context): void;
  onEnd(span: RecordedSpan): void;
  forceFlush?(): Promise<void>;
  shutdown?(): Promise<void>;
}

export interface TracerOptions {
  sampler: Sampler;
  /** The specification's `ParentBased`: the SDK's would double a start's cost. */
  parentBased?: boolean;
  /** The sampler gets hashes of nonrandom IDs. */
  byTraceId?: boolean;
  spanLimits: SpanLimits;
  spanProcessors: readonly SpanListener[];
  /** A parent for parentless spans, unless requested as roots. */
  findRoot?: (where: Context, kind: SpanKind) => Span | undefined;
  /** Unsampled spans reach no span processor. */
  onUnrecorded?: (kind: SpanKind) => void;
}

type AnyStart = Pick<SpanOptions, 'root' | 'links'> &
  Partial<Omit<SpanStart, 'startTime'>> & { startTime?: TimeInput | undefined };

const NO_OPTIONS: SpanOptions = Object.freeze({});

// The SDK's `SamplingDecision`.
const NOT_RECORD = 0;
const RECORD_AND_SAMPLED = 2;

/** Also notes requests: adapters make no spans beside upstream's. */
export class ForeshockTracerProvider implements TracerProvider {
  readonly #options: TracerOptions;
  #shutdown: Promise<void> | undefined;
  // The SDK's name, for kit's `isUpstreamActive`.
  readonly _tracers: Map<string, Tracer> = new Map();

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  /** Sends all ended spans, for processes that may freeze; never rejects, unlike the SDK. */
  async forceFlush(): Promise<void> {
    await this.#ofAll('forceFlush');
  }

  /** Final {@link forceFlush}: later spans are unsent. */
  shutdown(): Promise<void> {
    return (this.#shutdown ??= this.#ofAll('shutdown'));
  }

  async #ofAll(method: 'forceFlush' | 'shutdown'): Promise<void> {
    const { spanProcessors } = this.#options;
    const report = (error: unknown): void => log('error', `foreshock: ${method} failed`, error);
    await Promise.all(spanProcessors.map(async (processor) => processor[method]?.()).map((done) => done.catch(report)));
  }

  getTracer(name: string, version?: string, options?: { schemaUrl?: string }): Tracer {
    noteScope(name);
    const key = `${name}@${version ?? ''}:${options?.schemaUrl ?? ''}`;
    let tracer = this._tracers.get(key);
    if (!tracer) {
      const scope = { name, ...(version && { version }), ...(options?.schemaUrl && { schemaUrl: options.schemaUrl }) };
      this._tracers.set(key, (tracer = new ForeshockTracer(scope, this.#options)));
    }
    return tracer;
  }
}

class ForeshockTracer implements Tracer, SpanMaker {
  readonly scope: Scope;
  readonly spanLimits: SpanLimits;
  readonly #options: TracerOptions;

  constructor(scope: Scope, options: TracerOptions) {
    this.scope = scope;
    this.spanLimits = options.spanLimits;
    this.#options = options;
  }

  ended(span: RecordedSpan): void {
    const { spanProcessors } = this.#options;
    for (let i = 0; i < spanProcessors.length; i++) {
      try {
        spanProcessors[i]!.onEnd(span);
      } catch (error) {
        report('ending a span', error);
      }
    }
  }

  get [OWN](): true {
    return true;
  }

  startSpan(name: string, options?: SpanOptions, where?: Context): Span {
    try {
      return this.#start(name, options ?? NO_OPTIONS, isContext(where) ? where : context.active(), false);
    } catch (error) {
      // A getter threw, or an invalid context.
      report('starting a span', error);
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
  }

  /** For the kit's `startSpan`; attributes need no copy. */
  start(name: string, options: SpanStart, where: Context): Span {
    return this.#start(name, options, where, true);
  }

  #start(name: string, options: AnyStart, where: Context, owned: boolean): Span {
    const { root, links, common } = options;
    const parentContext = root ? trace.deleteSpan(where) : where;
    if (isSuppressed(parentContext)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

    const { spanProcessors } = this.#options;
    const kind = options.kind ?? SpanKind.INTERNAL;
    const parentSpan = trace.getSpan(parentContext) ?? (root ? undefined : this.#options.findRoot?.(where, kind));
    // Ours are valid; others are checked.
    const isOurs = parentSpan instanceof RecordedSpan;
    const given = parentSpan?.spanContext();
    const parent = given && (isOurs || isSpanContextValid(given)) ? given : undefined;
    const attributes = new LimitedAttributes(this.spanLimits, options.attributes, owned);
    if (common) attributes.addCommon(common);

    let traceState = parent?.traceState;
    let decision: number;
    // Hand-made parents may have upper-case digits, which headers forbid.
    const begun = parent ? undefined : randomTraceIdWords();
    const traceId = begun ? textOfTraceId(begun) : isOurs ? parent!.traceId : parent!.traceId.toLowerCase();
    // A derived parent is no span.
    const isFirst = parent === undefined || (!isOurs && isDerivedParent(parent));
    // New IDs are random; otherwise the parent's flag tells.
    const random = parent === undefined ? RANDOM : parent.traceFlags & RANDOM;
    if (this.#options.parentBased && (!isFirst || isDenied(parent))) {
      decision = (parent!.traceFlags & TraceFlags.SAMPLED) === 0 ? NOT_RECORD : RECORD_AND_SAMPLED;
    } else {
      const sampled = this.#options.sampler.shouldSample(
        isFirst && parent ? trace.deleteSpan(parentContext) : parentContext,
        this.#options.byTraceId ? idToSampleBy(traceId, random !== 0) : traceId,
        name,
        kind,
        // Merging costs half a span; our samplers do not read shared ones.
        common ? attributes.given : attributes.values,
        Array.isArray(links) ? links : [],
      );
      decision = sampled.decision;
      if (sampled.traceState) traceState = sampled.traceState;
      if (sampled.attributes) attributes.setAll(sampled.attributes);
    }
    const isRecorded = decision !== NOT_RECORD;
    const parentIds = isOurs ? parentSpan.ids : isRecorded && parent ? SpanIds.of(parent) : undefined;
    const ids = isRecorded ? SpanIds.random(begun ?? parentIds!.trace) : undefined;
    const spanContext: SpanContext = {
      traceId,
      spanId: ids ? ids.text : randomSpanId(),
      traceFlags: random | (decision === RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE),
    };
    if (traceState) spanContext.traceState = traceState;
    if (!ids) {
      this.#options.onUnrecorded?.(kind);
      return trace.wrapSpanContext(spanContext);
    }

    const { startTime } = options;
    const span = new RecordedSpan(
      name,
      kind,
      spanContext,
      ids,
      parent,
      isOurs ? parentSpan : undefined,
      parentIds,
      attributes,
      startTime,
      this,
    );
    if (Array.isArray(links)) span.addLinks(links);
    for (let i = 0; i < spanProcessors.length; i++) {
      try {
        spanProcessors[i]!.onStart(span, parentContext);
      } catch (error) {
        report('starting a span', error);
      }
    }
    return span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    // Nothing without a callback, as without an SDK.
    if (rest.length === 0) return undefined as ReturnType<F>;
    const fn = rest[Math.min(rest.length, 3) - 1] as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : undefined;
    const given = rest.length > 2 ? rest[1] : undefined;
    const where = isContext(given) ? given : context.active();
    const span = this.startSpan(name, options, where);
    return context.with(trace.setSpan(where, span), fn as (span: Span) => ReturnType<F>, undefined, span);
  }
}

function isContext(given: unknown): given is Context {
  return typeof (given as Partial<Context> | null | undefined)?.getValue === 'function';
}
