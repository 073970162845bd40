import { syncBuiltinESMExports } from 'node:module';
import type * as nodeTimers from 'node:timers';
import { attach, Caller, observed, preceded, type Adapter, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';
import { asRun } from '../../jobs.ts';
import { wrapEvents } from './events.ts';
import { wrapTimersPromises } from './promises.ts';

type Timers = Pick<typeof nodeTimers, 'setInterval' | 'setTimeout'>;

/** `setInterval` and `setTimeout` of `globalThis`, `node:timers` and `node:timers/promises`, except fake timers; `node:events`. */
export const timers: Adapter<ScheduleEvents> = {
  library: 'timers',
  versions: '>=0.0.0 <1000',
  upstream: [],
  shows: ['spans', 'parent'],
  title: '`setInterval` (`timers`)',
  summary: 'runs, by the function’s name, else `every 5000 ms`',
  attach(schedule, hooks) {
    const module = process.getBuiltinModule('node:timers') as Timers;
    // First registered, last undone.
    hooks.onUndo(syncBuiltinESMExports);
    const replacements = new Map<Function, AnyFunction>();
    for (const owner of [module, globalThis as Timers]) {
      for (const [name, wrapped] of Object.entries({ setInterval, setTimeout })) {
        hooks.wrap(owner, name as keyof Timers, (original) => {
          const known = replacements.get(original) ?? wrapped(original, schedule, hooks);
          replacements.set(original, known);
          return known;
        });
      }
    }
    wrapTimersPromises(schedule, hooks);
    wrapEvents(schedule, hooks);
    // For `import { setInterval } from 'node:timers'`.
    syncBuiltinESMExports();
  },
};

function setInterval(original: AnyFunction, schedule: ScheduleEvents, hooks: Hooks): AnyFunction {
  const setting = (_self: unknown, args: unknown[]): void => {
    const [fn, delayMs] = args;
    if (typeof fn !== 'function') return;
    const job = schedule.job(() => ({ functionName: fn.name, schedule: periodOf(delayMs) }));
    args[0] = asRun(fn as AnyFunction, () => job, 'dropped', hooks);
  };
  return preceded(original, setting, 'setInterval', hooks);
}

function periodOf(delay: unknown): string {
  return `every ${Math.max(1, Math.trunc(Number(delay)) || 1)} ms`;
}

/** Retry delays grow or are random: no name. */
function setTimeout(original: AnyFunction, schedule: ScheduleEvents, hooks: Hooks): AnyFunction {
  const begin = (_self: unknown, [callback, delayMs]: unknown[]): Caller | undefined => {
    if (typeof callback !== 'function' || !schedule.timerBegins) return undefined;
    const waits = endsPromise(callback);
    const where = waits ? schedule.sleep(delayMs) : schedule.timer(callback.name, delayMs);
    if (where && !waits) return new Caller(where);
    // `await new Promise((resolve) => setTimeout(resolve, 1000))` continues here.
    if (where) attach(where);
    return undefined;
  };
  // Node keeps a timer's context: its function needs no wrapper.
  return observed(original, { begin, within: (caller) => caller }, 'setTimeout', hooks);
}

/** A promise's resolve function, unnamed in Node, or its mere caller. */
function endsPromise(callback: Function): boolean {
  if (callback.name !== '' || callback.length > 1 || Object.hasOwn(callback, 'prototype')) return false;
  const text = Function.prototype.toString.call(callback);
  return text.endsWith('{ [native code] }') || /^\(\) ?=> ?(?:\{\s*)?(?:r|res|resolve)\(/.test(text);
}
