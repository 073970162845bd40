import { Caller, type Hooks } from '@foreshock/kit';
import type { CacheEvents } from './events.ts';

/** `[type, channel or pattern, …]` (Redis protocol specification, "Pub/Sub"). */
const MESSAGES = new Set(['message', 'pmessage', 'smessage']);

export function wrapMessages(prototype: object, method: string, cache: CacheEvents, hooks: Hooks): void {
  hooks.calls(prototype as Record<string, unknown>, method, {
    begin(_self, [reply]): Caller | undefined {
      const isMessage = Array.isArray(reply) && MESSAGES.has(String(reply[0]));
      const where = isMessage ? cache.message(() => String(reply[1])) : undefined;
      return where && new Caller(where);
    },
    within: (caller) => caller,
  });
}
