import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, SpanStatusCode, trace, type Context, type Span, type SpanContext } from '@opentelemetry/api';
import { errorMessageOf, errorTypeOf, isOwn, withPendingRoot, type PendingRoot, type Telemetry } from '@foreshock/kit';
import { JOB_OVERLAPPING_RUNS } from '@foreshock/kit/names';
import type { JobDescription, Run } from './events.ts';
import { startJob } from './job-span.ts';
import { PendingSpan } from './pending-span.ts';

// Kept from the start: fake timers replace it.
const now: () => number = performance.now.bind(performance);

/** A run that is over has children this much longer, in ms; what lives on after that (a connection, a loop) has no parent. */
const CHILDREN_AFTER_MS = 60_000;

/** One run of a job. Its span is made when the first span starts below it. */
export class JobRun implements PendingRoot, Run {
  readonly start = 'after';
  /** Where it takes place: nothing of the request that made its timer, no span yet. */
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
   * @param overlapping runs of the same job that have not ended
   * @param givenName the user's own name of the job, when only the run that calls this one knows it
   * @param link to what was under way where the timer was made
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
    // Our own tracer looks for the pending root, any other for a span.
    const where = isOwn(telemetry.tracer) ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, new PendingSpan(this));
    this.context = withPendingRoot(where, this);
  }

  /** The span, if it has been made. */
  get span(): Span | undefined {
    return this.#span;
  }

  /** Whether it does nothing yet but what it is about to call: nothing in it is traced, and it has not ended. */
  get isEmpty(): boolean {
    return this.#span === undefined && this.#endedAt === undefined;
  }

  /** The user's own name of the job. */
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
    // It did not wait for what it set off.
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
