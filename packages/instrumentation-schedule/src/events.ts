import type { Context } from '@opentelemetry/api';

export interface JobDescription {
  name?: string | undefined;
  /** If nameless. */
  functionName?: string | undefined;
  /** Such as a cron expression; used without either name. */
  schedule?: string | undefined;
}

/** `handled` by the library: another handler hides no unhandled rejection; `dropped`: as by `setInterval`. */
export type Returned = 'handled' | 'dropped';

export interface Run {
  readonly context: Context;
  /** @param failure if thrown or rejected */
  ended(failure?: { thrown: unknown }): void;
}

export interface Job {
  /** Undefined when not traced. */
  begin(): Run | undefined;
}

export interface ScheduleEvents {
  job(describe: () => JobDescription): Job;
  /** Outside requests, spans, jobs. Cheap. */
  readonly timerBegins: boolean;
  /**
   * @param functionName of the callback
   * @param delayMs unvalidated
   * @returns the context to use
   */
  timer(functionName: string, delayMs: unknown): Context;
  /**
   * Ends a run of the caller's loop.
   *
   * @returns the context to continue in; undefined within other work
   */
  sleep(delayMs: unknown): Context | undefined;
  /**
   * As {@link sleep}, for an event.
   *
   * @param source an emitter or iterator: another one's events are a part of the run
   */
  wait(source: object): Context | undefined;
}
