import { isProxy } from 'node:util/types';
import type { Message } from './channel.ts';

/** null: the broker cancelled it. */
export type Handler = (this: unknown, message: Message | null, ...rest: unknown[]) => unknown;

const ASYNC_FUNCTION: unknown = Object.getPrototypeOf(async () => {});

/** Only amqplib holds an `async` function's promises, and ignores them; the application may handle others. */
export function makesItsPromises(handler: Handler): boolean {
  // Bound functions have their target's prototype.
  return !isProxy(handler) && Object.getPrototypeOf(handler) === ASYNC_FUNCTION;
}
