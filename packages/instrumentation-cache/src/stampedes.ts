import { SpanKind, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { detachedTimeout, roundMs } from '@foreshock/kit';
import {
  CACHE_COALESCED,
  CACHE_KEY,
  CACHE_NAME,
  CACHE_STAMPEDE,
  CACHE_STAMPEDE_CALLERS,
  CACHE_STAMPEDE_DURATION_MS,
} from '@foreshock/kit/names';

/** Misses of one key belong together for this long, or until somebody fills it. */
const WINDOW_MS = 1_000;
/** Callers enough for a stampede who are still there are waited for longer, until one of them fills it. */
const LONGEST_MS = 60_000;
const MAX_BURSTS = 500;
/** Spans of callers that a burst remembers: to count each once, and to put the event on one. Past them, each look counts. */
const MAX_SPANS = 64;
/** The trace of callers who have none. */
const NO_TRACE = '';

interface Burst {
  cache: string;
  /** Of its key, for the day it is told. */
  shape: () => string;
  /** Most that were there at the same time. */
  callers: number;
  /** Who looked up to now without finding it, and has not ended. */
  spans: Set<Span>;
  /** Traces of those who looked. */
  traces: Set<string>;
  /** Further callers, while all those spans are there. */
  beyond: number;
  /** Looks, the last ones, each of which began before the one before it had its answer. */
  overlapping: number;
  coalesced: boolean;
  /** Where its first caller was. */
  where: Context;
  first: number;
  last: number;
  /** When it is looked at again. */
  due: number;
  /** Of {@link Stampedes.misses}, with the last one. */
  misses: number;
}

const NEW = { callers: 0, beyond: 0, overlapping: 0, coalesced: false, misses: 0 };

/** One caller's look at a key that was not there. */
export interface Miss {
  /** Of cache and key together. */
  id: string;
  cache: string;
  /** Of the key; asked only when a stampede is told. */
  shape: () => string;
  where: Context;
  /** {@link Stampedes.misses} when it began to look. */
  since: number;
  /** Another caller's load was under way, which it joined. */
  coalesced: boolean;
}

/**
 * One key, missed by many callers at the same time, before one of them filled it: each of them goes and computes the
 * same value. What nobody fills is no stampede, however many ask for it together (a deny list, a flag that is not set),
 * nor is what somebody else fills: they were waiting for it. A library that lets one caller load for the others says
 * itself that there is a load.
 *
 * A caller is a span, from its look to its end, however often it looks. Within one span, or without any, those are
 * several who look at the same time: a loop that looks until there is something is one.
 */
export class Stampedes {
  /** So far, of any key: a clock that costs nothing to read. */
  misses = 0;
  readonly #bursts = new Map<string, Burst>();
  readonly #callers: number;
  readonly #tracer: () => Tracer;
  readonly #told: (cache: string) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param callers so many make a stampede */
  constructor(callers: number, tracer: () => Tracer, told: (cache: string) => void) {
    this.#callers = callers;
    this.#tracer = tracer;
    this.#told = told;
  }

  /** Whether a fill could end anything: asked before its key is even looked at. */
  get open(): boolean {
    return this.#bursts.size > 0;
  }

  missed({ id, cache, shape, where, since, coalesced }: Miss): void {
    const now = performance.now();
    let burst = this.#bursts.get(id);
    if (!burst) {
      if (this.#bursts.size >= MAX_BURSTS) return;
      const due = now + WINDOW_MS;
      burst = { ...NEW, cache, shape, spans: new Set(), traces: new Set(), where, first: now, last: now, due };
      this.#bursts.set(id, burst);
      if (this.#timer === undefined) this.#sweepIn(WINDOW_MS);
    }
    burst.coalesced ||= coalesced;
    // Began to look before the last one had its answer.
    const overlaps = coalesced || since < burst.misses;
    burst.overlapping = overlaps ? burst.overlapping + 1 : 1;
    const span = trace.getSpan(where);
    if (burst.traces.size < MAX_SPANS) burst.traces.add(traceOf(span));
    addCaller(burst, span);
    burst.callers = Math.max(burst.callers, burst.overlapping, burst.spans.size + burst.beyond);
    burst.last = now;
    burst.misses = ++this.misses;
  }

  filled(id: string, where: Context): void {
    const burst = this.#bursts.get(id);
    if (!burst) return;
    this.#bursts.delete(id);
    const { traces } = burst;
    const filler = trace.getSpan(where);
    // Of more than these, whoever fills it may be one.
    if (traces.size >= MAX_SPANS || traces.has(traceOf(filler))) this.#tell(burst, filler);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#bursts.clear();
  }

  #sweepIn(ms: number): void {
    this.#timer = detachedTimeout('cache stampede', () => this.#sweep(), ms);
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [id, burst] of this.#bursts) {
      const left = burst.due - now;
      // A Map keeps their order: whoever comes after is due later.
      if (left > 0) return this.#sweepIn(Math.ceil(left));
      this.#bursts.delete(id);
      if (burst.coalesced) this.#tell(burst, undefined);
      else if (this.#mayBeFilled(burst, now)) {
        burst.due = now + WINDOW_MS;
        this.#bursts.set(id, burst);
      }
    }
  }

  #mayBeFilled({ callers, spans, first }: Burst, now: number): boolean {
    return callers >= this.#callers && now - first < LONGEST_MS && [...spans].some((span) => span.isRecording());
  }

  #tell(burst: Burst, filler: Span | undefined): void {
    if (burst.callers < this.#callers) return;
    this.#told(burst.cache);
    const shape = burst.shape();
    const attributes = {
      [CACHE_NAME]: burst.cache,
      [CACHE_KEY]: shape,
      [CACHE_STAMPEDE_CALLERS]: burst.callers,
      [CACHE_STAMPEDE_DURATION_MS]: roundMs(burst.last - burst.first),
      [CACHE_COALESCED]: burst.coalesced,
    };
    for (const span of filler ? [filler, ...burst.spans] : burst.spans) {
      if (!span.isRecording()) continue;
      span.addEvent(CACHE_STAMPEDE, attributes);
      return;
    }
    // All callers have ended: then it is a span, in the trace of the first.
    // Times of `performance.now()`, as the API takes them: they are right when the system's clock has been set.
    this.#tracer()
      .startSpan(
        `${CACHE_STAMPEDE} ${shape}`,
        { kind: SpanKind.INTERNAL, attributes, startTime: burst.first },
        burst.where,
      )
      .end(burst.last);
  }
}

function traceOf(span: Span | undefined): string {
  return span?.spanContext().traceId ?? NO_TRACE;
}

function addCaller(burst: Burst, span: Span | undefined): void {
  const { spans } = burst;
  // Of a span that is not recorded it cannot be known when it ends.
  if (!span?.isRecording() || spans.has(span)) return;
  for (const each of spans) if (!each.isRecording()) spans.delete(each);
  if (spans.size < MAX_SPANS) {
    spans.add(span);
    burst.beyond = 0;
  } else burst.beyond++;
}
