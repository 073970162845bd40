import { context, isSpanContextValid, trace, type Context, type SpanContext } from '@opentelemetry/api';
import { isSuppressed, mayBeginRoot, nextRound, pendingRootOf, type Telemetry } from '@foreshock/kit';
import type { Job, JobDescription, Run, ScheduleEvents } from './events.ts';
import { JobRun } from './job-run.ts';
import { EventRun, TimerRun } from './timer-run.ts';

export function openSchedule(telemetry: Telemetry): ScheduleEvents {
  return {
    job: (describe) => new ScheduledJob(telemetry, describe),
    get timerBegins() {
      return mayBeginRoot(context.active(), telemetry.tracer);
    },
    timer(functionName, delayMs) {
      const before = pendingRootOf(context.active());
      if (before instanceof TimerRun) before.setsTimer();
      return new TimerRun(telemetry, functionName, millisecondsOf(delayMs), before).context;
    },
    sleep(delayMs) {
      const ms = millisecondsOf(delayMs);
      return nextRound(telemetry.tracer, ms, (before) => new TimerRun(telemetry, undefined, ms, before));
    },
    wait(source) {
      const key = keyOf(source);
      return nextRound(telemetry.tracer, 0, (before) => new EventRun(telemetry, before, key), key);
    },
  };
}

/** Contexts live long, and must not keep an emitter. */
const keys = new WeakMap<object, object>();

function keyOf(source: object): object {
  let key = keys.get(source);
  if (!key) keys.set(source, (key = {}));
  return key;
}

function millisecondsOf(delay: unknown): number {
  return typeof delay === 'number' && delay > 0 ? delay : 0;
}

class ScheduledJob implements Job {
  readonly #telemetry: Telemetry;
  readonly #describe: () => JobDescription;
  #running = 0;

  constructor(telemetry: Telemetry, describe: () => JobDescription) {
    this.#telemetry = telemetry;
    this.#describe = describe;
  }

  begin(): Run | undefined {
    const where = context.active();
    // A library's own timer.
    if (isSuppressed(where)) return undefined;
    const overlapping = this.#running++;
    return new JobRun(
      this.#telemetry,
      this.#describe,
      overlapping,
      nameGivenIn(where),
      spanContextIn(where),
      () => void this.#running--,
    );
  }
}

/** For a run that only calls this one, as a library's timer. */
function nameGivenIn(where: Context): string | undefined {
  const outer = pendingRootOf(where);
  return outer instanceof JobRun && outer.isEmpty ? outer.ownName : undefined;
}

function spanContextIn(where: Context): SpanContext | undefined {
  const outer = pendingRootOf(where);
  const span = outer instanceof JobRun ? outer.span : trace.getSpan(where);
  const spanContext = span?.spanContext();
  return spanContext && isSpanContextValid(spanContext) ? spanContext : undefined;
}
