import { performance } from 'node:perf_hooks';
import { SpanKind, type Context, type Span } from '@opentelemetry/api';
import { pendingRootOf, type PendingRoot } from '@foreshock/kit';
import type { StartTrace } from './start-trace.ts';
import type { RecordedSpan } from './tracer/span.ts';

// Fake timers may replace it later.
const now: () => number = performance.now.bind(performance);

/** Then a root without open spans ends, ms. */
const QUIET_MS = 5_000;
/** Longest timer run. */
const LONGEST_MS = 10 * 60_000;

interface OpenRoot {
  readonly span: Span;
  readonly since: number;
  /** Below the root; the last start or end. */
  open: number;
  lastAt: number;
}

/** Roots of parentless spans (job, timer, process start); ends those without end event. */
export class Roots {
  readonly #start: StartTrace | undefined;
  /** Roots by trace ID. */
  readonly #open = new Map<string, OpenRoot>();
  #isLooking = false;

  constructor(start: StartTrace | undefined) {
    this.#start = start;
  }

  /** Undefined if the span is a root itself. */
  above(where: Context, kind: SpanKind): Span | undefined {
    // Incoming ones begin their own traces.
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

  /** Without open spans they end regularly. */
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

/** A root with open spans ends now. */
function end({ span, open, lastAt }: OpenRoot): void {
  span.end(open > 0 ? undefined : lastAt);
}
