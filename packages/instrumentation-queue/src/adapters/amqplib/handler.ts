import { isProxy } from 'node:util/types';
import { observed, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { Channel, Message } from './channel.ts';
import type { Deliveries } from './deliveries.ts';

/** null: the broker cancelled it. */
export type Handler = (this: unknown, message: Message | null, ...rest: unknown[]) => unknown;

export interface Source {
  readonly channel: Channel;
  readonly queue: string;
  readonly noAck: boolean;
}

const ASYNC_FUNCTION: unknown = Object.getPrototypeOf(async () => {});

export function observeHandler(
  handler: Handler,
  { channel, queue, noAck }: Source,
  deliveries: Deliveries,
  hooks: Hooks,
): Handler {
  return observed(
    handler as AnyFunction,
    {
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

/** Only amqplib holds an `async` function's promises, and ignores them; the application may handle others. */
export function makesItsPromises(handler: Handler): boolean {
  // Bound functions have their target's prototype.
  return !isProxy(handler) && Object.getPrototypeOf(handler) === ASYNC_FUNCTION;
}
