import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, trace, TraceFlags, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { isSuppressed } from './suppression.ts';
import { isOwn } from './own-tracer.ts';
import { pendingRootOf, withPendingRoot, type PendingRoot } from './pending-root.ts';

// Kept from the start: fake timers replace it.
const now: () => number = performance.now.bind(performance);

/** A run that is over has children this much longer, in ms. */
const CHILDREN_AFTER_MS = 60_000;

/**
 * What a callback sets off, such as the handler of an event, or one round of a loop: nothing of ours is called at its
 * end. Its root is made when the first span starts below it, and ends with the last, unless {@link ended} is called.
 */
export abstract class LazyRoot implements PendingRoot {
  readonly endsWithSpans = true;
  /** Where it takes place. */
  readonly context: Context;
  /** It begins at this time, when a span starts in it later than this: `performance.now()`. */
  readonly #beginsAt: number;
  #span: Span | undefined;
  #madeAt = 0;
  #endedAt: number | undefined;

  /** It is a round of a loop, and over when the loop waits for the next; else it is a handler's. */
  readonly isRound: boolean;
  /** How often its handler has waited for something that may begin a round. */
  waits = 0;

  /** @param inMs when it begins, from now */
  constructor(isRound: boolean, inMs: number) {
    this.isRound = isRound;
    this.#beginsAt = now() + inMs;
    this.context = withPendingRoot(ROOT_CONTEXT, this);
  }

  abstract get start(): PendingRoot['start'];

  protected abstract makeSpan(startTime: number): Span;

  /** The root, while it can be changed. */
  protected get openSpan(): Span | undefined {
    return this.#span?.isRecording() ? this.#span : undefined;
  }

  get isOver(): boolean {
    return this.#endedAt !== undefined && now() - this.#endedAt > CHILDREN_AFTER_MS;
  }

  parent(): Span | undefined {
    if (this.isOver) return undefined;
    return this.#span && this.#takesChildren(this.#span) ? this.#span : this.#begin();
  }

  /** The next round of the loop is about to begin. */
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
    // Later than it was due, when the event loop was blocked; earlier, when it was not awaited.
    const startTime = this.#span ? at : Math.min(this.#beginsAt, at);
    const span = this.makeSpan(startTime);
    this.#span = span;
    this.#madeAt = at;
    if (this.#endedAt !== undefined) span.end(Math.max(startTime, this.#endedAt));
    return span;
  }
}

/**
 * Whether what is set off here may have a root of its own: it belongs to no span and to no job. Any other tracer than ours
 * would make the root at once, for each event that there is.
 */
export function mayBeginRoot(where: Context, tracer: Tracer): boolean {
  if (trace.getSpan(where) || isSuppressed(where)) return false;
  const outer = pendingRootOf(where);
  return (outer === undefined || outer.endsWithSpans === true || outer.isOver === true) && isOwn(tracer);
}
