import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, trace, TraceFlags, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { isSuppressed } from './suppression.ts';
import { isOwn } from './own-tracer.ts';
import { pendingRootOf, withPendingRoot, type PendingRoot } from './pending-root.ts';

// Fake timers may replace it later.
const now: () => number = performance.now.bind(performance);

/** For children after the run, ms. */
const CHILDREN_AFTER_MS = 60_000;

/** Without an end event: from its first span to its last, or {@link ended}. */
export abstract class LazyRoot implements PendingRoot {
  readonly endsWithSpans = true;
  readonly context: Context;
  /** `performance.now()`, if the first span is later. */
  readonly #beginsAt: number;
  #span: Span | undefined;
  #madeAt = 0;
  #endedAt: number | undefined;

  /** A loop's wait ends its round; otherwise a handler. */
  readonly isRound: boolean;
  /** What its loop waits for. */
  readonly source: object | undefined;
  waits = 0;
  #isTurnOver = false;

  /**
   * @param inMs start, from now; Infinity: with the first span
   * @param source see {@link nextRound}
   */
  constructor(isRound: boolean, inMs: number, source?: object) {
    this.isRound = isRound;
    this.source = source;
    if (isRound) queueMicrotask(() => (this.#isTurnOver = true));
    this.#beginsAt = now() + inMs;
    this.context = withPendingRoot(ROOT_CONTEXT, this);
  }

  /** Until then other waits are beside the one that began it, as time limits of calls. */
  get isTurnOver(): boolean {
    return this.#isTurnOver;
  }

  abstract get start(): PendingRoot['start'];

  protected abstract makeSpan(startTime: number): Span;

  protected get openSpan(): Span | undefined {
    return this.#span?.isRecording() ? this.#span : undefined;
  }

  protected get hasBegun(): boolean {
    return this.#span !== undefined;
  }

  get isOver(): boolean {
    return this.#endedAt !== undefined && now() - this.#endedAt > CHILDREN_AFTER_MS;
  }

  parent(): Span | undefined {
    if (this.isOver) return undefined;
    return this.#span && this.#takesChildren(this.#span) ? this.#span : this.#begin();
  }

  ended(): void {
    if (this.#endedAt !== undefined) return;
    this.#endedAt = now();
    this.#span?.end(this.#endedAt);
  }

  #takesChildren(span: Span): boolean {
    if (this.#endedAt !== undefined) return true;
    const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    return isSampled ? span.isRecording() : now() - this.#madeAt < CHILDREN_AFTER_MS;
  }

  #begin(): Span {
    const at = now();
    // Late after a block, early if unawaited.
    const startTime = this.#span ? at : Math.min(this.#beginsAt, at);
    const span = this.makeSpan(startTime);
    this.#span = span;
    this.#madeAt = at;
    if (this.#endedAt !== undefined) span.end(Math.max(startTime, this.#endedAt));
    return span;
  }
}

/** Work may get a root: outside spans and jobs, with our tracer (others create roots eagerly). */
export function mayBeginRoot(where: Context, tracer: Tracer): boolean {
  if (trace.getSpan(where) || isSuppressed(where)) return false;
  const outer = pendingRootOf(where);
  return (outer === undefined || outer.endsWithSpans === true || outer.isOver === true) && isOwn(tracer);
}
