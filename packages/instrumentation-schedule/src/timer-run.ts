import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT, TraceFlags, type Context, type Span } from '@opentelemetry/api';
import { withPendingRoot, type PendingRoot, type Telemetry } from '@foreshock/kit';
import { jobName, startJob } from './job-span.ts';
import { outermostFunction } from './outermost-function.ts';

// Kept from the start: fake timers replace it.
const now: () => number = performance.now.bind(performance);

/** A run that is over has children this much longer, in ms. */
const CHILDREN_AFTER_MS = 60_000;

/** So many timers in a row, each set in the run of the one before, are a loop: fewer are steps of a start. */
const LOOP = 5;

/**
 * What a timer that runs once sets off, in the context it was set in: nothing of ours is called when it fires, nor at
 * the end of what it does.
 */
export class TimerRun implements PendingRoot {
  readonly endsWithSpans = true;
  /** Where it takes place. */
  readonly context: Context;
  readonly #telemetry: Telemetry;
  readonly #functionName: string;
  readonly #dueAt: number;
  /** How many timers in a row led here. */
  readonly #row: number;
  /** Name of the function that has set the timers so far, where the functions they call have none. */
  #setBy: string | undefined;
  #span: Span | undefined;
  #begunAt = 0;
  #endedAt: number | undefined;

  /**
   * @param functionName of what the timer calls; empty when it has none, or a loop just waits
   * @param before the run in which the timer is set
   */
  constructor(telemetry: Telemetry, functionName: string, delayMs: unknown, before: TimerRun | undefined) {
    this.#telemetry = telemetry;
    this.#functionName = functionName;
    this.#dueAt = now() + (typeof delayMs === 'number' ? delayMs : 0);
    this.#row = before ? before.#row + 1 : 1;
    this.#setBy = before ? before.#setBy : undefined;
    this.context = withPendingRoot(ROOT_CONTEXT, this);
  }

  get start(): 'within' | 'beside' {
    return this.#row < LOOP ? 'within' : 'beside';
  }

  parent(): Span {
    return this.#span && this.#takesChildren(this.#span) ? this.#span : this.#begin();
  }

  /** The next timer is set in it. */
  setsTimer(): void {
    if (this.#functionName !== '' || this.#setBy !== undefined || !this.#span?.isRecording()) return;
    this.#setBy = outermostFunction();
    if (this.#setBy === '') return;
    this.#span.updateName(jobName(this.#setBy));
    this.#span.setAttribute('code.function.name', this.#setBy);
  }

  /** What waited for the timer waits for the next. */
  ended(): void {
    if (this.#endedAt !== undefined) return;
    this.setsTimer();
    this.#endedAt = now();
    this.#span?.end(this.#endedAt);
  }

  #takesChildren(span: Span): boolean {
    if (this.#endedAt !== undefined) return now() - this.#endedAt < CHILDREN_AFTER_MS;
    const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    return isSampled ? span.isRecording() : now() - this.#begunAt < CHILDREN_AFTER_MS;
  }

  #begin(): Span {
    const at = now();
    // Late, when the loop was blocked; a wait that was given up before is not over yet.
    const startedAt = this.#span ? at : Math.min(this.#dueAt, at);
    const span = startJob(this.#telemetry, { functionName: this.#functionName || this.#setBy }, startedAt);
    this.#span = span;
    this.#begunAt = at;
    if (this.#endedAt !== undefined) span.end(Math.max(startedAt, this.#endedAt));
    return span;
  }
}
