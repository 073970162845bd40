import { isProxy } from 'node:util/types';
import { observed, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { Channel, Message } from './channel.ts';
import type { Deliveries } from './deliveries.ts';

/** What the application gives to `consume`; null: the broker cancelled the consumer. */
export type Handler = (this: unknown, message: Message | null, ...rest: unknown[]) => unknown;

/** Where a handler's messages come from. */
export interface Source {
  readonly channel: Channel;
  readonly queue: string;
  readonly noAck: boolean;
}

const ASYNC_FUNCTION: unknown = Object.getPrototypeOf(async () => {});

/** A handler under watch; it returns and throws what the application's does. */
export function watchHandler(
  handler: Handler,
  { channel, queue, noAck }: Source,
  deliveries: Deliveries,
  hooks: Hooks,
): Handler {
  return observed(
    handler as AnyFunction,
    {
      // null: the broker cancelled the consumer.
      begin: (_self, [message]: [Message | null]) =>
        message ? deliveries.begin(channel, queue, noAck, message) : undefined,
      within: ({ processing }) => processing,
      returned: (inHand, result) => deliveries.returned(channel, inHand, handler, result),
      failed: (inHand, error) => deliveries.threw(channel, inHand, error),
    },
    'amqplib consume',
    hooks,
  ) as Handler;
}

/**
 * Whether a handler is an `async` function: then each promise that it returns is new, and amqplib, which forgets it, is
 * the only one that has it. Of any other function the application may have kept the promise, and have a handler on it.
 */
export function makesItsPromises(handler: Handler): boolean {
  // A bound function has the prototype of what it binds.
  return !isProxy(handler) && Object.getPrototypeOf(handler) === ASYNC_FUNCTION;
}
