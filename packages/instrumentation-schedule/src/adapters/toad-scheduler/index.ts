import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { Jobs, observeRuns } from '../../jobs.ts';

interface Task {
  id?: string;
  handler: Function;
}

const TASKS = ['Task', 'AsyncTask'];

/**
 * `execute`, or `executeAsync` of version 4's `AsyncTask`, calls `handler` and handles its promise (dist/lib/common).
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
        const method = prototype['executeAsync'] ? 'executeAsync' : 'execute';
        observeRuns(prototype, method, 'handler', jobs, hooks, ({ id }: Task, fn) => ({
          name: id,
          functionName: fn.name,
        }));
      });
    }
  },
};
