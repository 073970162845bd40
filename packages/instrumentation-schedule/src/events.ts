import type { Context } from '@opentelemetry/api';

/** What there is to know of a job; asked for only when a run of it is traced. */
export interface JobDescription {
  /** The user's own name of the job. */
  name?: string | undefined;
  /** Of what runs: counts where the job has no name. */
  functionName?: string | undefined;
  /** When it runs, such as a cron expression: the name of a job that has no other. */
  schedule?: string | undefined;
}

/**
 * What becomes of a promise that a run returns: `handled` by the library at once, so that one more handler hides no
 * unhandled rejection, or `dropped`, as `setInterval` does.
 */
export type Returned = 'handled' | 'dropped';

/** One run of a job, from its start on. */
export interface Run {
  /** Where it takes place. */
  readonly context: Context;
  /** It is over: failed, when something was thrown. */
  ended(failure?: { thrown: unknown }): void;
}

/** One scheduled job. */
export interface Job {
  /** Undefined when this run is not to be traced. */
  begin(): Run | undefined;
}

/** What adapters of schedulers report to. */
export interface ScheduleEvents {
  /** A job, as it is made or first run. */
  job(describe: () => JobDescription): Job;
  /** Whether a timer that is set now begins a run: it belongs to no request, no span and no job. Cheap. */
  readonly timerBegins: boolean;
  /**
   * Such a timer is set, which runs once.
   *
   * @param functionName of what it calls
   * @param delayMs as it was given
   * @returns where it is to be set
   */
  timer(functionName: string, delayMs: unknown): Context;
  /**
   * The caller is about to wait for such a timer, and for nothing else: a run of its loop is over.
   *
   * @returns where it waits and goes on; undefined when that is a part of what is under way
   */
  sleep(delayMs: unknown): Context | undefined;
}
