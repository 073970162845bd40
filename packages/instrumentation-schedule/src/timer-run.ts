import type { Span } from '@opentelemetry/api';
import { LazyRoot, type PendingRoot, type Telemetry } from '@foreshock/kit';
import { jobName, startJob } from './job-span.ts';
import { outermostFunction } from './outermost-function.ts';

/** So many timers in a row, each set in the run of the one before, are a loop: fewer are steps of a start. */
const LOOP = 5;

/** What a timer that runs once sets off, in the context it was set in. */
export class TimerRun extends LazyRoot {
  readonly #telemetry: Telemetry;
  readonly #functionName: string | undefined;
  /** How many timers in a row led here. */
  readonly #row: number;
  /** Name of the function that has set the timers so far, where the functions they call have none. */
  #setBy: string | undefined;

  /**
   * @param functionName of what the timer calls; undefined when a loop just waits for it
   * @param before the run in which the timer is set
   */
  constructor(
    telemetry: Telemetry,
    functionName: string | undefined,
    delayMs: number,
    before: PendingRoot | undefined,
  ) {
    super(functionName === undefined, delayMs);
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
    return startJob(this.#telemetry, { functionName: this.#functionName || this.#setBy }, startTime);
  }

  /** The next timer is set in it. */
  setsTimer(): void {
    if (this.#functionName === '') this.#nameIt();
  }

  /** The loop waits again. */
  override ended(): void {
    if (this.#functionName === undefined) this.#nameIt();
    super.ended();
  }

  #nameIt(): void {
    const span = this.openSpan;
    if (!span || this.#setBy !== undefined) return;
    this.#setBy = outermostFunction();
    if (!this.#setBy) return;
    span.updateName(jobName(this.#setBy));
    span.setAttribute('code.function.name', this.#setBy);
  }
}
