import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { Jobs, withRun } from '../../jobs.ts';

interface ScheduleJob {
  name: string;
  job: Function;
  invoke(fireDate?: Date): unknown;
}

/** lib/Job.js, `resolveAnonJobName`. */
const ANONYMOUS = /^<Anonymous Job /;

/** `Job#invoke` runs `job`; lib/Invocation.js handles the promise it returns. */
export const nodeSchedule: Adapter<ScheduleEvents> = {
  library: 'node-schedule',
  versions: '>=2.0.0 <3',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'runs, by the job’s name, else the function’s',
  attach(schedule, hooks) {
    const jobs = new Jobs(schedule);
    hooks.onLoad('node-schedule/lib/Job.js', ({ exports }) => {
      hooks.wrap(exports.Job.prototype as ScheduleJob, 'invoke', (original) => {
        return function invoke(this: ScheduleJob, ...args: unknown[]) {
          if (!hooks.active) return original.apply(this, args);
          const { name, job: fn } = this;
          const job = () =>
            jobs.of(this, () => ({ name: ANONYMOUS.test(name) ? undefined : name, functionName: fn?.name }));
          return withRun(this, 'job', job, hooks, () => original.apply(this, args));
        };
      });
    });
  },
};
