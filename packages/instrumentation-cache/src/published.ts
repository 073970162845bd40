import { Caller, type Hooks } from '@foreshock/kit';
import type { CacheEvents } from './events.ts';

/** `[type, channel or pattern, …]` (Redis protocol specification, "Pub/Sub"). */
const MESSAGES = new Set(['message', 'pmessage', 'smessage']);

export function wrapMessages(prototype: object, method: string, cache: CacheEvents, hooks: Hooks): void {
  hooks.calls<Record<string, unknown>, Caller>(prototype as Record<string, unknown>, method, {
    begin(_client, [reply]) {
      if (!Array.isArray(reply) || !MESSAGES.has(String(reply[0]))) return undefined;
      const where = cache.message(() => String(reply[1]));
      return where && new Caller(where);
    },
    within: (message) => message,
  });
}
