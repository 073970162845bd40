import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span, type SpanContext } from '@opentelemetry/api';
import { errorMessageOf, errorTypeOf, isOwn, withPendingRoot, type PendingRoot, type Telemetry } from '@foreshock/kit';
import { JOB_OVERLAPPING_RUNS } from '@foreshock/kit/names';
import type { JobDescription, Run } from './events.ts';
import { startJob } from './job-span.ts';
import { PendingSpan } from './pending-span.ts';

// Saved because fake timers replace it.
const now: () => number = performance.now.bind(performance);

/** ms; later spans (a connection, a loop) get none. */
const CHILDREN_AFTER_MS = 60_000;

/** Its span is created with its first child. */
export class JobRun implements PendingRoot, Run {
  readonly start = 'after';
  /** Independent of the request that set the timer. */
  readonly context: Context;
  readonly #telemetry: Telemetry;
  readonly #describe: () => JobDescription;
  readonly #overlapping: number;
  readonly #givenName: string | undefined;
  readonly #link: SpanContext | undefined;
  readonly #startedAt = now();
  readonly #onEnd: () => void;
  #endedAt: number | undefined;
  #failure: { thrown: unknown } | undefined;
  #span: Span | undefined;

  /**
   * @param overlapping unfinished runs
   * @param link where the timer was set
   * @param onEnd called once
   */
  constructor(
    telemetry: Telemetry,
    describe: () => JobDescription,
    overlapping: number,
    givenName: string | undefined,
    link: SpanContext | undefined,
    onEnd: () => void,
  ) {
    this.#telemetry = telemetry;
    this.#describe = describe;
    this.#overlapping = overlapping;
    this.#givenName = givenName;
    this.#link = link;
    this.#onEnd = onEnd;
    // Others lack pending roots: they need a span.
    const where = isOwn(telemetry.tracer) ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, new PendingSpan(this));
    this.context = withPendingRoot(where, this);
  }

  get span(): Span | undefined {
    return this.#span;
  }

  get isEmpty(): boolean {
    return this.#span === undefined && this.#endedAt === undefined;
  }

  get ownName(): string | undefined {
    return this.#describe().name ?? this.#givenName;
  }

  get isOver(): boolean {
    return this.#endedAt !== undefined && now() - this.#endedAt > CHILDREN_AFTER_MS;
  }

  parent(): Span | undefined {
    return this.isOver ? undefined : (this.#span ??= this.#begin());
  }

  ended(failure?: { thrown: unknown }): void {
    this.#onEnd();
    this.#endedAt = now();
    this.#failure = failure;
    if (this.#span) this.#end(this.#span, this.#endedAt);
  }

  #begin(): Span {
    const { functionName, schedule } = this.#describe();
    const span = startJob(this.#telemetry, { name: this.ownName, functionName, schedule }, this.#startedAt, {
      ...(this.#overlapping > 0 && { attributes: { [JOB_OVERLAPPING_RUNS]: this.#overlapping } }),
      ...(this.#link && { links: [{ context: this.#link }] }),
    });
    // The run did not await it.
    if (this.#endedAt !== undefined) this.#end(span, this.#endedAt);
    return span;
  }

  #end(span: Span, at: number): void {
    if (this.#failure) {
      const { thrown } = this.#failure;
      span.setAttribute('error.type', errorTypeOf(thrown));
      span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessageOf(thrown) });
    }
    span.end(at);
  }
}
