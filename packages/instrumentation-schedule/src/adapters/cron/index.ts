import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { asRun } from '../../jobs.ts';

type Callback = (this: unknown, ...args: unknown[]) => unknown;

interface CronJob {
  name?: string;
  cronTime?: { source?: unknown };
  _callbacks?: Callback[];
  fireOnTick(): unknown;
}

/** cron 1 and 2; cron 3 and 4. */
const FILES = ['cron/lib/cron.js', 'cron/dist/job.js'];

/** `CronJob#fireOnTick` calls `_callbacks`. cron 4 handles rejections (dist/job.js), earlier versions ignore them. */
export const cron: Adapter<ScheduleEvents> = {
  library: 'cron',
  versions: '>=1.8.0 <5',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'runs, by the job’s `name` (4), else the function’s, else the expression',
  attach(schedule, hooks) {
    const runs = new WeakSet<Callback>();
    const runOf = (fn: Callback, cronJob: CronJob, version: string): Callback => {
      const job = schedule.job(() => ({
        name: cronJob.name,
        functionName: fn.name,
        schedule: textOf(cronJob.cronTime?.source),
      }));
      const returned = version.startsWith('4.') ? 'handled' : 'dropped';
      const run: Callback = asRun(fn, () => job, returned, hooks);
      runs.add(run);
      return run;
    };
    const attach = ({ exports, version }: { exports: any; version: string }): void => {
      hooks.before(exports.CronJob.prototype as CronJob, 'fireOnTick', (cronJob: CronJob) => {
        const callbacks = Array.isArray(cronJob._callbacks) ? cronJob._callbacks : [];
        callbacks.forEach((fn, i) => {
          if (typeof fn === 'function' && !runs.has(fn)) callbacks[i] = runOf(fn, cronJob, version);
        });
      });
    };
    for (const file of FILES) hooks.onLoad(file, attach);
  },
};

/** `Date` and luxon's `DateTime` are unbounded. */
function textOf(source: unknown): string | undefined {
  return typeof source === 'string' ? source : undefined;
}
