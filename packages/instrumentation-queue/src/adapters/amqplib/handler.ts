import { isProxy } from 'node:util/types';
import { guard, type Hooks } from '@foreshock/kit';
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
  return function (message, ...rest) {
    // null: the broker cancelled the consumer.
    const inHand =
      hooks.active && message
        ? guard('amqplib consume', () => deliveries.begin(channel, queue, noAck, message))
        : undefined;
    if (!message || !inHand?.processing) return handler.call(this, message, ...rest);
    let result: unknown;
    try {
      result = inHand.processing.run(handler, this, [message, ...rest]);
    } catch (error) {
      guard('amqplib consume', () => deliveries.threw(channel, message, inHand, error));
      throw error;
    }
    guard('amqplib consume', () => deliveries.returned(channel, message, inHand, handler, result));
    return result;
  };
}

/**
 * Whether a handler is an `async` function: then each promise that it returns is new, and amqplib, which forgets it, is
 * the only one that has it. Of any other function the application may have kept the promise, and have a handler on it.
 */
export function makesItsPromises(handler: Handler): boolean {
  // A bound function has the prototype of what it binds.
  return !isProxy(handler) && Object.getPrototypeOf(handler) === ASYNC_FUNCTION;
}
