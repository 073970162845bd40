import type { on } from 'node:events';
import { attach, preceded, type Hooks } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';

interface EventsModule {
  on: typeof on;
}

/** `for await (… of on(emitter, 'event'))` waits in place, as a loop by timers. Its iterator has an own `next`. */
export function wrapEventsOn(schedule: ScheduleEvents, hooks: Hooks): void {
  const module = process.getBuiltinModule('node:events') as unknown as EventsModule;
  const waits = (): void => {
    if (!schedule.timerBegins) return;
    const next = schedule.wait();
    if (next) attach(next);
  };
  hooks.after(module, 'on', (iterator: AsyncIterator<unknown>, _module, [, , options]) => {
    // Node's own, as readline's: the lines of a file are one piece of work (lib/internal/readline/interface.js).
    if (options && Object.getOwnPropertySymbols(options).length > 0) return;
    const value = preceded(iterator.next, waits, 'on of node:events', hooks);
    Object.defineProperty(iterator, 'next', { value, writable: true, enumerable: true, configurable: true });
  });
}
