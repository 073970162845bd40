import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { asRun } from '../../jobs.ts';

interface ScheduleExplorer {
  wrapFunctionInTryCatchBlocks(methodRef: Function, instance: object): Function;
}

/**
 * `wrapFunctionInTryCatchBlocks` (dist/schedule.explorer.js) awaits the method behind `@Cron`, `@Interval` or
 * `@Timeout`: only it shows name and failure.
 */
export const nestjsSchedule: Adapter<ScheduleEvents> = {
  library: '@nestjs/schedule',
  versions: '>=12.0.0 <13',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'runs, by `@Cron`’s `name`, else `Class.method`',
  attach(schedule, hooks) {
    hooks.onLoad('@nestjs/schedule/dist/schedule.explorer.js', ({ exports }) => {
      hooks.before(
        exports.ScheduleExplorer.prototype as ScheduleExplorer,
        'wrapFunctionInTryCatchBlocks',
        (_explorer, args) => {
          const [fn, instance] = args;
          if (typeof fn !== 'function') return;
          const job = schedule.job(() => ({ functionName: nameOf(fn, instance) }));
          args[0] = asRun(fn, () => job, 'handled', hooks);
        },
      );
    });
  },
};

function nameOf(method: Function, instance: unknown): string {
  const owner = (instance as object | null)?.constructor?.name;
  return owner ? `${owner}.${method.name}` : method.name;
}
