import type { Span } from '@opentelemetry/api';
import { LazyRoot, type PendingRoot, type Telemetry } from '@foreshock/kit';
import { JOB_SYSTEM } from '@foreshock/kit/names';
import { jobName, startJob } from './job-span.ts';
import { outermostFunction } from './outermost-function.ts';

/** Consecutive timers that make a loop; fewer are start-up steps. */
const LOOP = 5;

export class TimerRun extends LazyRoot {
  readonly #telemetry: Telemetry;
  readonly #functionName: string | undefined;
  readonly #row: number;
  /** Setter of the timers, if their callbacks have no names. */
  #setBy: string | undefined;

  /**
   * @param functionName undefined when a loop awaits the timer
   * @param inMs until it begins; Infinity: with its first span
   * @param before the run that sets the timer
   */
  constructor(
    telemetry: Telemetry,
    functionName: string | undefined,
    inMs: number,
    before: PendingRoot | undefined,
    source?: object,
  ) {
    super(functionName === undefined, inMs, source);
    this.#telemetry = telemetry;
    this.#functionName = functionName;
    const timer = before instanceof TimerRun ? before : undefined;
    this.#row = timer ? timer.#row + 1 : 1;
    this.#setBy = timer ? timer.#setBy : undefined;
  }

  get start(): 'within' | 'beside' {
    return this.#row < LOOP ? 'within' : 'beside';
  }

  protected makeSpan(startTime: number): Span {
    const attributes = { [JOB_SYSTEM]: this.source ? 'events' : this.#telemetry.library };
    return startJob(this.#telemetry, { functionName: this.#functionName || this.#setBy }, startTime, { attributes });
  }

  setsTimer(): void {
    if (this.#functionName === '') this.#nameIt();
  }

  override ended(): void {
    if (this.#functionName === undefined) this.#nameIt();
    super.ended();
  }

  /** Also for those that follow: a raced wait ends when the span has ended. */
  #nameIt(): void {
    if (!this.hasBegun || this.#setBy !== undefined) return;
    this.#setBy = outermostFunction();
    const span = this.openSpan;
    if (!this.#setBy || !span) return;
    span.updateName(jobName(this.#setBy));
    span.setAttribute('code.function.name', this.#setBy);
  }
}

/** Of a loop over events: when one comes is not seen, so it begins with its first span. */
export class EventRun extends TimerRun {
  constructor(telemetry: Telemetry, before: PendingRoot | undefined, source: object) {
    super(telemetry, undefined, Infinity, before, source);
  }
}
