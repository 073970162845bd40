import { observed, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { Channel, Handler, Message } from './channel.ts';
import type { Deliveries } from './deliveries.ts';

export interface Source {
  readonly channel: Channel;
  readonly queue: string;
  readonly noAck: boolean;
}

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
