import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { Jobs, observeRuns } from '../../jobs.ts';

interface Cron {
  name?: string | undefined;
  options?: { name?: string };
  fn?: Function;
  getPattern?(): string | undefined;
  _trigger(date?: Date): Promise<void>;
}

/** `.min` in croner 7, 8 only. */
const FILES = ['croner.min.cjs', 'croner.min.js', 'croner.cjs', 'croner.js'];

/** `Cron#_trigger` runs and awaits `fn`, also for `trigger()` (src/croner.ts). */
export const croner: Adapter<ScheduleEvents> = {
  library: 'croner',
  versions: '>=7.0.0 <12',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'runs, by the job’s `name`, else the function’s, else the pattern',
  attach(schedule, hooks) {
    const jobs = new Jobs(schedule);
    for (const file of FILES) {
      hooks.onLoad(`croner/dist/${file}`, ({ exports }) => {
        const CronClass = exports.Cron ?? exports.default;
        observeRuns(CronClass.prototype as Cron, '_trigger', 'fn', jobs, hooks, (cron: Cron, fn) => ({
          name: cron.name ?? cron.options?.name,
          functionName: fn.name,
          schedule: cron.getPattern?.(),
        }));
      });
    }
  },
};
