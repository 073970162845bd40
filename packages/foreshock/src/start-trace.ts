import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, SpanKind, type Span, type Tracer } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import { START_READY_BY, START_READY_MS } from '@foreshock/kit/names';
import type { RecordedSpan } from './tracer/span.ts';

// Kept from the start: fake timers replace it.
const now: () => number = performance.now.bind(performance);

/** A server listens (Node's documentation of diagnostics_channel, "TracingChannel Channels"). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';

/** Once ready, this long for what was begun before: an application may listen, and be asked, while its migrations run. */
const AFTER_READY_MS = 5_000;
/** Nothing has started and nothing is under way for this long: a script waits for something. */
const IDLE_MS = 30_000;
/** The longest start there is. */
const LONGEST_MS = 10 * 60_000;

/**
 * What runs before the first request, message or job is one trace: spans without a parent get the root
 * `start <service>`, which begins with the process and ends once it is ready, when nothing more comes, or with the
 * process. It is made when the first such span starts. A span processor of our own tracer.
 */
export class StartTrace {
  readonly #tracer: () => Tracer;
  readonly #name: string;
  #root: RecordedSpan | Span | undefined;
  #traceId: string | undefined;
  #readyAt: number | undefined;
  #readyBy = '';
  #over = false;
  /** Spans of the trace under way, and when the last of them started or ended. */
  #open = 0;
  #lastAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #listening = (): void => void guard('a server that listens', () => this.#ready('listening'));

  /** @param service name of the service */
  constructor(tracer: () => Tracer, service: string) {
    this.#tracer = tracer;
    this.#name = `start ${service}`;
    subscribe(LISTENING, this.#listening);
  }

  /** The root of what starts now without a parent; undefined when the start is over. */
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

  /** Something is traced in a job. A timer that fires while migrations run makes nothing ready. */
  jobBegan(): void {
    if (this.#open === 0) this.#ready('job');
  }

  onStart(span: RecordedSpan): void {
    if (this.#over) return;
    if (this.#isBelow(span)) this.#open++;
    else this.onUnrecorded(span.kind);
  }

  /** A span of this kind starts that no span processor gets. */
  onUnrecorded(kind: SpanKind): void {
    if (kind === SpanKind.SERVER) this.#ready('request');
    else if (kind === SpanKind.CONSUMER) this.#ready('message');
  }

  onEnd(span: RecordedSpan): void {
    if (this.#over || !this.#isBelow(span)) return;
    this.#open--;
    this.#lastAt = now();
  }

  /** The process ends. */
  end(): void {
    if (!this.#over) this.#end();
  }

  #isBelow(span: RecordedSpan): boolean {
    return this.#traceId !== undefined && span !== this.#root && span.spanContext().traceId === this.#traceId;
  }

  #begin(): Span {
    // Milliseconds since the process started are what the API takes for a time of `performance.now()`.
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
