import { enter, guard, leave, NOT_ENTERED, runBy, type Hooks, type Run } from '@foreshock/kit';
import type { Job, JobDescription, Returned, ScheduleEvents } from './events.ts';
import { endWith } from './returned.ts';

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

/** One more frame; `this`, arguments, result, errors unchanged. */
export function asRun(fn: AnyFunction, job: () => Job, returned: Returned, hooks: Hooks): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    const run = hooks.active ? guard('the start of a job', () => job().begin()) : undefined;
    if (!run) return Reflect.apply(fn, this, args);
    let result: unknown;
    let failure: { thrown: unknown } | undefined = { thrown: undefined };
    const left = enter(run.context);
    const apply: Run = left === NOT_ENTERED ? (...call) => runBy(run.context, ...call) : Reflect.apply;
    try {
      if (returned === 'dropped') {
        // Not caught: after a rethrow Node would print this line.
        result = apply(fn, this, args);
      } else {
        try {
          result = apply(fn, this, args);
        } catch (error) {
          failure.thrown = error;
          throw error;
        }
      }
      failure = undefined;
    } finally {
      leave(left);
      if (failure) guard('the end of a job', () => run.ended(failure));
    }
    endWith(run, result, fn, returned);
    return result;
  };
}

interface Replaced {
  owner: any;
  fn: AnyFunction;
  once: AnyFunction;
}

/**
 * For a method that calls the user's function, a property replaced for that call, before its first `await`.
 *
 * @param ownerOf the property's object; default `this`
 */
export function observeRuns<T extends object>(
  prototype: T,
  method: keyof T & string,
  property: string,
  jobs: Jobs,
  hooks: Hooks,
  describe: (self: any, fn: Function) => JobDescription,
  ownerOf: (self: any) => any = (self) => self,
): void {
  const putBack = ({ owner, fn, once }: Replaced): void => {
    if (owner[property] === once) owner[property] = fn;
  };
  hooks.calls(prototype, method, {
    begin(self): Replaced | undefined {
      const owner = ownerOf(self);
      const fn = owner?.[property] as AnyFunction | undefined;
      const isOwn = owner && Object.getOwnPropertyDescriptor(owner, property)?.writable === true;
      if (typeof fn !== 'function' || !isOwn) return undefined;
      const run = asRun(fn, () => jobs.of(self, () => describe(self, fn)), 'handled', hooks);
      const once = function (this: unknown, ...args: unknown[]): unknown {
        owner[property] = fn;
        return Reflect.apply(run, this, args);
      };
      owner[property] = once;
      return { owner, fn, once };
    },
    returned: putBack,
    failed: putBack,
  });
}
