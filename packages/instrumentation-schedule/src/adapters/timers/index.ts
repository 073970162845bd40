import { syncBuiltinESMExports } from 'node:module';
import * as nodeTimers from 'node:timers';
import type { Adapter, Hooks } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { asRun } from '../../jobs.ts';

/** What is patched of `globalThis` and of `node:timers`: one function in both. */
type Timers = Pick<typeof nodeTimers, 'setInterval'>;

/**
 * `setInterval`, of `globalThis` and of `node:timers`; `node:timers/promises` and fake timers, which put another function
 * in its place, are not touched. The object it returns is Node's own.
 */
export const timers: Adapter<ScheduleEvents> = {
  library: 'timers',
  versions: '>=0.0.0 <1000',
  upstream: [],
  shows: ['spans', 'parent'],
  title: '`setInterval` (`timers`)',
  summary: 'runs, by the function’s name, else `every 5000 ms`',
  attach(schedule, hooks) {
    const module = process.getBuiltinModule('node:timers') as Timers;
    // Undone last, as it is first here.
    hooks.onUndo(syncBuiltinESMExports);
    const replacements = new Map<Function, Timers['setInterval']>();
    for (const owner of [module, globalThis as Timers]) {
      hooks.wrap(owner, 'setInterval', (original) => {
        const known = replacements.get(original) ?? wrapped(original, schedule, hooks);
        replacements.set(original, known);
        return known as never;
      });
    }
    // For `import { setInterval } from 'node:timers'`.
    syncBuiltinESMExports();
  },
};

function wrapped(original: Function, schedule: ScheduleEvents, hooks: Hooks): Timers['setInterval'] {
  return function setInterval(this: unknown, callback: unknown, ...rest: unknown[]) {
    if (!hooks.active || typeof callback !== 'function') return Reflect.apply(original, this, [callback, ...rest]);
    const fn = callback as (...args: unknown[]) => unknown;
    const job = schedule.job(() => ({ functionName: fn.name, schedule: periodOf(rest[0]) }));
    const run = asRun(fn, () => job, 'dropped', hooks);
    return Reflect.apply(original, this, [run, ...rest]);
  } as Timers['setInterval'];
}

function periodOf(delay: unknown): string {
  return `every ${Math.max(1, Math.trunc(Number(delay)) || 1)} ms`;
}
