import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { Jobs, observeRuns } from '../../jobs.ts';

interface ScheduleJob {
  name: string;
  job: Function;
  invoke(fireDate?: Date): unknown;
}

/** `resolveAnonJobName` of lib/Job.js. */
const ANONYMOUS = /^<Anonymous Job /;

/** `Job#invoke` runs `job`; lib/Invocation.js handles its promise. */
export const nodeSchedule: Adapter<ScheduleEvents> = {
  library: 'node-schedule',
  versions: '>=2.0.0 <3',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'runs, by the job’s name, else the function’s',
  attach(schedule, hooks) {
    const jobs = new Jobs(schedule);
    hooks.onLoad('node-schedule/lib/Job.js', ({ exports }) => {
      observeRuns(exports.Job.prototype as ScheduleJob, 'invoke', 'job', jobs, hooks, ({ name }: ScheduleJob, fn) => ({
        name: ANONYMOUS.test(name) ? undefined : name,
        functionName: fn.name,
      }));
    });
  },
};
