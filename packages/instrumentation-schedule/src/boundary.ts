import { context, isSpanContextValid, trace, type Context, type SpanContext } from '@opentelemetry/api';
import { guard, isSuppressed, pendingRootOf, runIn, type Telemetry } from '@foreshock/kit';
import type { Job, JobDescription, Returned, ScheduleEvents } from './events.ts';
import { JobRun } from './job-run.ts';
import { observe } from './returned.ts';

/** Turns the runs that adapters report into root spans. */
export function openSchedule(telemetry: Telemetry): ScheduleEvents {
  return { job: (describe) => new ScheduledJob(telemetry, describe) };
}

class ScheduledJob implements Job {
  readonly #telemetry: Telemetry;
  readonly #describe: () => JobDescription;
  /** Runs that have not ended. */
  #running = 0;

  constructor(telemetry: Telemetry, describe: () => JobDescription) {
    this.#telemetry = telemetry;
    this.#describe = describe;
  }

  run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A, returned: Returned): R {
    const where = context.active();
    // A library's own timer, begun where nothing is to be traced.
    if (isSuppressed(where)) return Reflect.apply(fn, self, args);
    const run = new JobRun(this.#telemetry, this.#describe, this.#running, outerOf(where), spanContextIn(where));
    const ended = (error?: { thrown: unknown }): void => {
      this.#running--;
      guard('the end of a job', () => run.ended(error));
    };
    this.#running++;
    let result: R;
    try {
      result = runIn(run.context, fn, self, args);
    } catch (error) {
      ended({ thrown: error });
      throw error;
    }
    return observe(result, fn, returned, ended);
  }
}

/** A run that does nothing but call this one, such as the timer of a library that is known too. */
function outerOf(where: Context): JobRun | undefined {
  const outer = pendingRootOf(where);
  return outer instanceof JobRun && !outer.isTraced ? outer : undefined;
}

/** What set the job off, or was under way when its timer was made. */
function spanContextIn(where: Context): SpanContext | undefined {
  const outer = pendingRootOf(where);
  const span = outer instanceof JobRun ? outer.span : trace.getSpan(where);
  const spanContext = span?.spanContext();
  return spanContext && isSpanContextValid(spanContext) ? spanContext : undefined;
}
