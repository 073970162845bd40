import type { Context } from '@opentelemetry/api';

/** Read only when a run is traced. */
export interface JobDescription {
  /** The user's name. */
  name?: string | undefined;
  /** Used without a name. */
  functionName?: string | undefined;
  /** Such as a cron expression; used without either name. */
  schedule?: string | undefined;
}

/**
 * What the library does with a returned promise: `handled`, so another handler hides no unhandled rejection, or
 * `dropped`, as in `setInterval`.
 */
export type Returned = 'handled' | 'dropped';

export interface Run {
  readonly context: Context;
  /** @param failure set if it threw or rejected */
  ended(failure?: { thrown: unknown }): void;
}

export interface Job {
  /** Undefined when not traced. */
  begin(): Run | undefined;
}

/** What adapters report to. */
export interface ScheduleEvents {
  /** Called when a job is created or first runs. */
  job(describe: () => JobDescription): Job;
  /** Whether a timer set now would begin a run: no request, span or job is active. Cheap. */
  readonly timerBegins: boolean;
  /**
   * Such a one-time timer is set.
   *
   * @param functionName of its callback
   * @param delayMs unvalidated
   * @returns the context to set it in
   */
  timer(functionName: string, delayMs: unknown): Context;
  /**
   * The caller only waits for such a timer, which ends a run of its loop.
   *
   * @returns the context to wait and continue in; undefined within other work
   */
  sleep(delayMs: unknown): Context | undefined;
}
