import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { Jobs, withRun } from '../../jobs.ts';

interface Task {
  id?: string;
  handler: Function;
}

/** The kinds of task, each in its file. */
const TASKS = ['Task', 'AsyncTask'];

/**
 * `handler` is called by `execute`, in version 4 of an `AsyncTask` by `executeAsync`, which handle the promise it
 * returns (dist/lib/common).
 */
export const toadScheduler: Adapter<ScheduleEvents> = {
  library: 'toad-scheduler',
  versions: '>=3.0.0 <5',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'runs, by the task’s id',
  attach(schedule, hooks) {
    const jobs = new Jobs(schedule);
    for (const name of TASKS) {
      hooks.onLoad(`toad-scheduler/dist/lib/common/${name}.js`, ({ exports }) => {
        const prototype = exports[name].prototype as Record<string, Function>;
        hooks.wrap(prototype, prototype['executeAsync'] ? 'executeAsync' : 'execute', (original) => {
          return function (this: Task, ...args: unknown[]) {
            if (!hooks.active) return original.apply(this, args);
            const { id, handler: fn } = this;
            const job = () => jobs.of(this, () => ({ name: id, functionName: fn.name }));
            return withRun(this, 'handler', job, hooks, () => original.apply(this, args));
          };
        });
      });
    }
  },
};
