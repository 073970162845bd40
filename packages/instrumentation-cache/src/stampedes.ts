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

/** For this long, or until filled, a key's misses belong together. */
const WINDOW_MS = 1_000;
/** Longest wait for a fill, with enough active callers. */
const LONGEST_MS = 60_000;
const MAX_BURSTS = 500;
/** Beyond, each lookup counts. */
const MAX_SPANS = 64;
/** For callers without span. */
const NO_TRACE = '';

interface Burst {
  cache: string;
  /** Only for reports. */
  shape: () => string;
  /** Most at one time. */
  callers: number;
  /** Callers that missed, still open. */
  spans: Set<Span>;
  traces: Set<string>;
  /** More, while all those are open. */
  beyond: number;
  /** The last that each began before the previous answer. */
  overlapping: number;
  coalesced: boolean;
  /** The first caller's. */
  where: Context;
  first: number;
  last: number;
  /** The next check. */
  due: number;
  /** {@link Stampedes.misses} at the last miss. */
  misses: number;
}

const NEW = { callers: 0, beyond: 0, overlapping: 0, coalesced: false, misses: 0 };

export interface Miss {
  /** Cache and key. */
  id: string;
  cache: string;
  /** Only for reports. */
  shape: () => string;
  where: Context;
  /** {@link Stampedes.misses} at the start. */
  since: number;
  coalesced: boolean;
}

/**
 * Detects callers that miss one key together before one fills it. A caller is a span; within one, or without, only
 * overlapping lookups count.
 */
export class Stampedes {
  /** A cheap clock. */
  misses = 0;
  readonly #bursts = new Map<string, Burst>();
  readonly #callers: number;
  readonly #tracer: () => Tracer;
  readonly #counted: (cache: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(callers: number, tracer: () => Tracer, counted: (cache: string) => void) {
    this.#callers = callers;
    this.#tracer = tracer;
    this.#counted = counted;
  }

  get open(): boolean {
    return this.#bursts.size > 0;
  }

  /** @returns how many missed the key together, if a stampede */
  missed({ id, cache, shape, where, since, coalesced }: Miss): number | undefined {
    const now = performance.now();
    let burst = this.#bursts.get(id);
    if (!burst) {
      if (this.#bursts.size >= MAX_BURSTS) return undefined;
      const due = now + WINDOW_MS;
      burst = { ...NEW, cache, shape, spans: new Set(), traces: new Set(), where, first: now, last: now, due };
      this.#bursts.set(id, burst);
      if (this.#timer === undefined) this.#sweepIn(WINDOW_MS);
    }
    burst.coalesced ||= coalesced;
    const overlaps = coalesced || since < burst.misses;
    burst.overlapping = overlaps ? burst.overlapping + 1 : 1;
    const span = trace.getSpan(where);
    if (burst.traces.size < MAX_SPANS) burst.traces.add(traceOf(span));
    addCaller(burst, span);
    burst.callers = Math.max(burst.callers, burst.overlapping, burst.spans.size + burst.beyond);
    burst.last = now;
    burst.misses = ++this.misses;
    return burst.callers >= this.#callers ? burst.callers : undefined;
  }

  filled(id: string, where: Context): void {
    const burst = this.#bursts.get(id);
    if (!burst) return;
    this.#bursts.delete(id);
    const { traces } = burst;
    const filler = trace.getSpan(where);
    // Beyond the limit, perhaps with the filler.
    if (traces.size >= MAX_SPANS || traces.has(traceOf(filler))) this.#report(burst, filler);
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
      // Insertion order is due order.
      if (left > 0) return this.#sweepIn(Math.ceil(left));
      this.#bursts.delete(id);
      if (burst.coalesced) this.#report(burst, undefined);
      else if (this.#mayBeFilled(burst, now)) {
        burst.due = now + WINDOW_MS;
        this.#bursts.set(id, burst);
      }
    }
  }

  #mayBeFilled({ callers, spans, first }: Burst, now: number): boolean {
    return callers >= this.#callers && now - first < LONGEST_MS && [...spans].some((span) => span.isRecording());
  }

  #report(burst: Burst, filler: Span | undefined): void {
    if (burst.callers < this.#callers) return;
    this.#counted(burst.cache);
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
    // All callers have ended. `performance.now()` ignores system clock changes.
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
  // An unrecorded span's end is unknown.
  if (!span?.isRecording() || spans.has(span)) return;
  for (const each of spans) if (!each.isRecording()) spans.delete(each);
  if (spans.size < MAX_SPANS) {
    spans.add(span);
    burst.beyond = 0;
  } else burst.beyond++;
}
