import type * as nodeTimersPromises from 'node:timers/promises';
import { attach, guard, type Hooks } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';

/** Callers of `setTimeout`, `setInterval` and `scheduler.wait` of `node:timers/promises` wait in place. */
export function wrapTimersPromises(schedule: ScheduleEvents, hooks: Hooks): void {
  const module = process.getBuiltinModule('node:timers/promises') as typeof nodeTimersPromises;
  const sleeps = (delayMs: unknown): void => {
    if (!hooks.active || !schedule.timerBegins) return;
    guard('a timer', () => {
      const next = schedule.sleep(delayMs);
      if (next) attach(next);
    });
  };
  const waits = (original: (...args: any[]) => any) =>
    function (this: unknown, ...args: unknown[]) {
      sleeps(args[0]);
      return Reflect.apply(original, this, args);
    };
  hooks.wrap(module, 'setTimeout', waits);
  hooks.wrap(Object.getPrototypeOf(module.scheduler) as typeof module.scheduler, 'wait', waits);
  hooks.wrap(module, 'setInterval', (original) => {
    return function (this: unknown, ...args: unknown[]) {
      const iterator: AsyncIterator<unknown> = Reflect.apply(original, this, args);
      const { next } = iterator;
      Object.defineProperty(iterator, 'next', {
        value: function (this: unknown, ...given: unknown[]) {
          sleeps(args[0]);
          return Reflect.apply(next, this, given);
        },
        writable: true,
        configurable: true,
      });
      return iterator;
    };
  });
}
