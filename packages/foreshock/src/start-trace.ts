import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, SpanKind, type Span, type Tracer } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import { START_READY_BY, START_READY_MS } from '@foreshock/kit/names';
import type { RecordedSpan } from './tracer/span.ts';

// Fake timers may replace it later.
const now: () => number = performance.now.bind(performance);

/** A server listens (Node's diagnostics_channel docs, "TracingChannel Channels"). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';

/** Earlier work may go on, as migrations while listening. */
const AFTER_READY_MS = 5_000;
/** Ends a start without spans: a waiting script. */
const IDLE_MS = 30_000;
const LONGEST_MS = 10 * 60_000;

/**
 * Spans before the first request, message or job share a trace under `start <service>`, from process start until ready
 * and quiet, or process end.
 */
export class StartTrace {
  readonly #tracer: () => Tracer;
  readonly #name: string;
  #root: RecordedSpan | Span | undefined;
  #traceId: string | undefined;
  #readyAt: number | undefined;
  #readyBy = '';
  #over = false;
  /** Open spans, and the last start or end. */
  #open = 0;
  #lastAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #listening = (): void => void guard('a server that listens', () => this.#ready('listening'));

  constructor(tracer: () => Tracer, service: string) {
    this.#tracer = tracer;
    this.#name = `start ${service}`;
    subscribe(LISTENING, this.#listening);
  }

  /** Undefined after the start. */
  parent(): Span | undefined {
    if (this.#over) return undefined;
    const at = now();
    if (at > LONGEST_MS || (this.#readyAt !== undefined && at - this.#readyAt > AFTER_READY_MS)) {
      this.#end();
      return undefined;
    }
    this.#lastAt = at;
    return this.#root ?? this.#begin();
  }

  /** A migration's timer is not readiness. */
  jobBegan(): void {
    if (this.#open === 0) this.#ready('job');
  }

  onStart(span: RecordedSpan): void {
    if (this.#over) return;
    if (this.#isBelow(span)) this.#open++;
    else this.onUnrecorded(span.kind);
  }

  /** Unsampled spans reach no span processor. */
  onUnrecorded(kind: SpanKind): void {
    if (kind === SpanKind.SERVER) this.#ready('request');
    else if (kind === SpanKind.CONSUMER) this.#ready('message');
  }

  onEnd(span: RecordedSpan): void {
    if (this.#over || !this.#isBelow(span)) return;
    this.#open--;
    this.#lastAt = now();
  }

  end(): void {
    if (!this.#over) this.#end();
  }

  #isBelow(span: RecordedSpan): boolean {
    return this.#traceId !== undefined && span !== this.#root && span.spanContext().traceId === this.#traceId;
  }

  #begin(): Span {
    // The API takes milliseconds since process start as `performance.now()`.
    const root = this.#tracer().startSpan(this.#name, { root: true, startTime: 0 }, ROOT_CONTEXT);
    this.#root = root;
    this.#traceId = root.spanContext().traceId;
    if (this.#readyAt !== undefined) this.#endRoot(this.#readyAt);
    else this.#endWhenIdle(IDLE_MS);
    return root;
  }

  #endWhenIdle(afterMs: number): void {
    this.#timer = setTimeout(() => {
      const idle = this.#open > 0 ? 0 : now() - this.#lastAt;
      if (idle >= IDLE_MS || now() > LONGEST_MS) this.#end();
      else this.#endWhenIdle(IDLE_MS - idle);
    }, afterMs).unref();
  }

  #ready(by: string): void {
    if (this.#over || this.#readyAt !== undefined) return;
    this.#readyAt = now();
    unsubscribe(LISTENING, this.#listening);
    this.#readyBy = by;
    if (this.#root) this.#endRoot(this.#readyAt);
  }

  #end(): void {
    this.#over = true;
    unsubscribe(LISTENING, this.#listening);
    if (this.#root && this.#readyAt === undefined) this.#endRoot(this.#open > 0 ? now() : this.#lastAt);
  }

  #endRoot(at: number): void {
    clearTimeout(this.#timer);
    if (this.#readyAt !== undefined) {
      this.#root!.setAttributes({ [START_READY_MS]: Math.round(this.#readyAt), [START_READY_BY]: this.#readyBy });
    }
    this.#root!.end(at);
  }
}
