import type * as nodeTimersPromises from 'node:timers/promises';
import { attach, preceded, type Hooks } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';

/** `setTimeout`, `setInterval` and `scheduler.wait` of `node:timers/promises` wait in place. */
export function wrapTimersPromises(schedule: ScheduleEvents, hooks: Hooks): void {
  const module = process.getBuiltinModule('node:timers/promises') as typeof nodeTimersPromises;
  const sleeps = (delayMs: unknown): void => {
    if (!schedule.timerBegins) return;
    const next = schedule.sleep(delayMs);
    if (next) attach(next);
  };
  hooks.before(module, 'setTimeout', (_module, [delayMs]) => sleeps(delayMs));
  hooks.before(Object.getPrototypeOf(module.scheduler), 'wait', (_scheduler, [delayMs]) => sleeps(delayMs));
  hooks.after(module, 'setInterval', (iterator: AsyncIterator<unknown>, _module, [delayMs]) => {
    Object.defineProperty(iterator, 'next', {
      value: preceded(iterator.next, () => sleeps(delayMs), 'setInterval of node:timers/promises', hooks),
      writable: true,
      configurable: true,
    });
  });
}
