import { enter, guard, leave, type Hooks } from '@foreshock/kit';
import type { CacheEvents } from './events.ts';

/** `[type, channel or pattern, …]` (Redis protocol specification, "Pub/Sub"). */
const MESSAGES = new Set(['message', 'pmessage', 'smessage']);

export function wrapMessages(prototype: object, method: string, cache: CacheEvents, hooks: Hooks): void {
  // By hand: `hooks.calls` with a `Caller` would put a second frame of ours below the application's listener.
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
