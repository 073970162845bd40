import { enter, guard, leave, type Hooks } from '@foreshock/kit';
import type { CacheEvents } from './events.ts';

/** Replies to a subscriber that are messages, `[type, channel or pattern, …]` (Redis' protocol specification, "Pub/Sub"). */
const MESSAGES = new Set(['message', 'pmessage', 'smessage']);

/** A client's method that gives such a reply to the application's listeners. */
export function wrapMessages(prototype: object, method: string, cache: CacheEvents, hooks: Hooks): void {
  hooks.wrap(prototype as Record<string, unknown>, method, (original) => {
    return function (this: unknown, ...args: unknown[]) {
      const [reply] = args;
      const where =
        hooks.active && Array.isArray(reply)
          ? guard('redis message', () =>
              MESSAGES.has(String(reply[0])) ? cache.message(() => String(reply[1])) : undefined,
            )
          : undefined;
      if (!where) return original.apply(this, args);
      const left = enter(where);
      try {
        return original.apply(this, args);
      } finally {
        leave(left);
      }
    };
  });
}
