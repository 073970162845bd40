import { bindOnce, guard, HandOver, type Hooks } from '@foreshock/kit';
import type { Carrier, QueueEvents, Send } from '../../events.ts';
import { forwardedNames } from '../../forwarded-headers.ts';
import { destinationOf, type Channel, type Model } from './channel.ts';
import type { ConnectionManagers } from './connection-manager.ts';
import { fits } from './frame-size.ts';
import { SENT } from './message.ts';

type Callback = (...args: unknown[]) => unknown;

/**
 * `sendToQueue` is a `publish`, and that of a confirm channel calls that of a channel, in both APIs and all versions.
 * A channel's sending ends when the message is written, a confirm channel's with the broker's answer.
 */
export function observePublish(
  { Channel, ConfirmChannel }: Model,
  queue: QueueEvents,
  hooks: Hooks,
  managers: ConnectionManagers,
): void {
  /** From a confirm channel's `publish` to that of a channel, which it calls. */
  const confirming = new HandOver<Send>();
  /** No callback tells what becomes of these. */
  const untold = new WeakSet<Send>();

  function begin(args: unknown[]): Send | undefined {
    const inSender = managers.senderOf(args[3]);
    return (inSender ? inSender(() => beginHere(args)) : beginHere(args)) as Send | undefined;
  }

  function beginHere([exchange, routingKey]: unknown[]): Send | undefined {
    return queue.send({
      system: 'rabbitmq',
      destination: destinationOf(exchange, routingKey),
      operation: 'publish',
      count: 1,
      routingKey: exchange && routingKey ? String(routingKey) : undefined,
    });
  }

  hooks.calls(Channel.prototype, 'publish', {
    begin(channel: Channel, args: unknown[]) {
      const confirmed = confirming.take();
      const send = confirmed ?? begin(args);
      if (!send) return undefined;
      const options = guard('amqplib publish', () => withTrace(channel, args, send.carrier));
      if (options) args[3] = options;
      return { send, isConfirmed: confirmed !== undefined };
    },
    within: ({ send }) => send,
    returned({ send, isConfirmed }) {
      if (!isConfirmed) send.sent();
    },
    failed: ({ send }, error) => send.failed(error),
  });

  hooks.calls(ConfirmChannel.prototype, 'publish', {
    begin(channel: Channel, args: unknown[]): Send | undefined {
      const send = begin(args);
      const callback = args[4];
      // Until 2.3 a closing channel stops telling at the first message without a callback: one more would change that.
      const isTold = typeof callback === 'function' || (!callback && 'closedWithUnconfirmed' in channel);
      if (send && isTold) args[4] = answered(send, callback as Callback | undefined);
      else if (send) untold.add(send);
      return send;
    },
    handOver: confirming,
    returned(send) {
      if (untold.delete(send)) send.sent();
    },
    failed: (send, error) => send.failed(error),
  });

  /** Stands in for the callback of a confirmed message; the caller's own runs where the caller was. */
  function answered(send: Send, callback: Callback | undefined): Callback {
    const back = callback && bindOnce(callback);
    return function (this: unknown, ...args: unknown[]) {
      const [error] = args;
      guard('amqplib publish', () => (error ? send.failed(error) : send.sent()));
      return back?.apply(this, args);
    };
  }
}

/**
 * The options with the trace in the headers. Copies inherit from the caller's own objects, as amqplib's do
 * (`Args.publish` in lib/api_args.js), so that whatever is read or enumerated there is the same.
 */
function withTrace(channel: Channel, args: unknown[], carrier: Carrier | undefined): object | undefined {
  if (!carrier) return undefined;
  const options = args[3] as any;
  const headers: unknown = options?.headers;
  if ((options && typeof options !== 'object') || (headers && typeof headers !== 'object')) return undefined;
  const added = { ...carrier, [SENT]: String(Date.now()) };
  if (!fits(channel, options, added)) return undefined;
  const own: PropertyDescriptorMap = {};
  for (const name in added) own[name] = { enumerable: true, value: added[name as keyof typeof added] };
  // `encodeTable` of lib/codec.js leaves out what is undefined.
  for (const name of forwardedNames(headers as Record<string, unknown> | undefined, carrier)) {
    own[name] = { enumerable: true, value: undefined };
  }
  return Object.create(options ?? null, {
    headers: { enumerable: true, value: Object.create((headers as object) ?? null, own) },
  });
}
