import type { on, once } from 'node:events';
import { attach, preceded, type Hooks } from '@foreshock/kit';
import type { ScheduleEvents } from '../../events.ts';

interface EventsModule {
  on: typeof on;
  once: typeof once;
}

/** `on` and `once` of `node:events` wait in place, as a loop by timers. An iterator of `on` has an own `next`. */
export function wrapEvents(schedule: ScheduleEvents, hooks: Hooks): void {
  const module = process.getBuiltinModule('node:events') as unknown as EventsModule;
  const waits = (source: object): void => {
    if (!schedule.timerBegins) return;
    const next = schedule.wait(source);
    if (next) attach(next);
  };
  hooks.before(module, 'once', (_module, [emitter]) => {
    if (typeof emitter === 'object' && emitter !== null) waits(emitter);
  });
  hooks.after(module, 'on', (iterator: AsyncIterator<unknown>, _module, [, , options]) => {
    // Node's own, as readline's: the lines of a file are one piece of work (lib/internal/readline/interface.js).
    if (options && Object.getOwnPropertySymbols(options).length > 0) return;
    const value = preceded(iterator.next, () => waits(iterator), 'on of node:events', hooks);
    Object.defineProperty(iterator, 'next', { value, writable: true, enumerable: true, configurable: true });
  });
}
