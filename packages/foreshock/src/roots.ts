import { performance } from 'node:perf_hooks';
import { SpanKind, type Context, type Span } from '@opentelemetry/api';
import { pendingRootOf, type PendingRoot } from '@foreshock/kit';
import type { StartTrace } from './start-trace.ts';
import type { RecordedSpan } from './tracer/span.ts';

// Kept from the start: fake timers replace it.
const now: () => number = performance.now.bind(performance);

/** A trace in which nothing is under way has this long for its next span, in ms; then its root ends. */
const QUIET_MS = 5_000;
/** The longest run of a timer there is. */
const LONGEST_MS = 10 * 60_000;

/** The root of a run, and the spans of its trace. */
interface OpenRoot {
  readonly span: Span;
  readonly since: number;
  /** Spans below it under way, and when the last of them started or ended. */
  open: number;
  lastAt: number;
}

/** Finds the root above a span without a parent: of a job, a timer, the start. Ends those whose run has no visible end. */
export class Roots {
  readonly #start: StartTrace | undefined;
  /** By trace. */
  readonly #open = new Map<string, OpenRoot>();
  #isLooking = false;

  /** @param start the start of the process; a worker thread has none */
  constructor(start: StartTrace | undefined) {
    this.#start = start;
  }

  /** The root above a span that starts without a parent; undefined when it is a root itself. */
  above(where: Context, kind: SpanKind): Span | undefined {
    // What serves somebody else's call, or takes a message, begins a trace of its own.
    if (kind === SpanKind.SERVER || kind === SpanKind.CONSUMER) return undefined;
    const pending = pendingRootOf(where);
    if (!pending) return this.#start?.parent();
    if (pending.start === 'within') return this.#start?.parent() ?? this.#rootOf(pending);
    const root = this.#rootOf(pending);
    if (root && pending.start === 'after') this.#start?.jobBegan();
    return root ?? this.#start?.parent();
  }

  onStart(span: RecordedSpan): void {
    const root = this.#open.size > 0 ? this.#open.get(span.spanContext().traceId) : undefined;
    if (!root) return;
    root.open++;
    root.lastAt = now();
  }

  onEnd(span: RecordedSpan): void {
    if (this.#open.size === 0) return;
    const { traceId } = span.spanContext();
    const root = this.#open.get(traceId);
    if (!root) return;
    if (root.span === span) return void this.#open.delete(traceId);
    root.open--;
    root.lastAt = now();
  }

  /** The process ends: those below which nothing is under way end as they would have. */
  endAll(): void {
    for (const root of this.#open.values()) if (root.open === 0) end(root);
  }

  #rootOf(pending: PendingRoot): Span | undefined {
    const span = pending.parent();
    if (span && pending.endsWithSpans && span.isRecording()) this.#watch(span);
    return span;
  }

  #watch(span: Span): void {
    const { traceId } = span.spanContext();
    if (this.#open.has(traceId)) return;
    const at = now();
    this.#open.set(traceId, { span, since: at, open: 0, lastAt: at });
    if (!this.#isLooking) this.#lookLater();
  }

  #lookLater(): void {
    this.#isLooking = true;
    setTimeout(() => {
      const at = now();
      for (const root of this.#open.values()) {
        const isQuiet = root.open === 0 && at - root.lastAt >= QUIET_MS;
        if (isQuiet || at - root.since > LONGEST_MS) end(root);
      }
      this.#isLooking = false;
      if (this.#open.size > 0) this.#lookLater();
    }, QUIET_MS).unref();
  }
}

/** Where something is under way it ends there, now. */
function end({ span, open, lastAt }: OpenRoot): void {
  span.end(open > 0 ? undefined : lastAt);
}
