import type { Job, JobDescription, ScheduleEvents } from './events.ts';

/** The job of each of a library's objects, made when it first runs. */
export class Jobs {
  readonly #schedule: ScheduleEvents;
  readonly #jobs = new WeakMap<object, Job>();

  constructor(schedule: ScheduleEvents) {
    this.#schedule = schedule;
  }

  of(owner: object, describe: () => JobDescription): Job {
    let job = this.#jobs.get(owner);
    if (!job) this.#jobs.set(owner, (job = this.#schedule.job(describe)));
    return job;
  }
}

type AnyFunction = (this: unknown, ...args: any[]) => unknown;

/**
 * Calls a library's method that calls the user's function, kept in a property of `owner`, before it first awaits
 * anything: for that call the property has the function as a run of the job. It is put back at once, so that the
 * application never sees another function than its own.
 */
export function withRun<R>(owner: any, property: string, job: () => Job, call: () => R): R {
  const fn = owner[property] as AnyFunction;
  if (typeof fn !== 'function') return call();
  const descriptor = Object.getOwnPropertyDescriptor(owner, property);
  if (!descriptor?.writable) return call();
  const replaced = function (this: unknown, ...args: unknown[]): unknown {
    owner[property] = fn;
    return job().run(fn, this, args, 'handled');
  };
  owner[property] = replaced;
  try {
    return call();
  } finally {
    if (owner[property] === replaced) owner[property] = fn;
  }
}
