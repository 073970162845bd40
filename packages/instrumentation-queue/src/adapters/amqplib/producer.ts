import { guard, type Hooks } from '@foreshock/kit';
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
  /** Of a confirm channel's publish, on its way to the channel's. */
  let confirming: Send | undefined;

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

  hooks.wrap(Channel.prototype, 'publish', (original) => {
    return function (this: Channel, ...args: unknown[]) {
      if (!hooks.active) return original.apply(this, args);
      const confirmed = confirming;
      confirming = undefined;
      const send = confirmed ?? guard('amqplib publish', () => begin(args));
      if (!send) return original.apply(this, args);
      const given = guard('amqplib publish', () => withTrace(this, args, send.carrier));
      try {
        const result: unknown = send.run(original, this, given ?? args);
        if (!confirmed) guard('amqplib publish', () => send.sent());
        return result;
      } catch (error) {
        guard('amqplib publish', () => send.failed(error));
        throw error;
      }
    };
  });

  hooks.wrap(ConfirmChannel.prototype, 'publish', (original) => {
    return function (this: Channel, ...args: unknown[]) {
      const send = hooks.active ? guard('amqplib publish', () => begin(args)) : undefined;
      if (!send) return original.apply(this, args);
      const callback = args[4];
      // Until 2.3 a closing channel stops telling at the first message without a callback: one more would change that.
      const isTold = typeof callback === 'function' || (!callback && 'closedWithUnconfirmed' in this);
      const given = [...args];
      if (isTold) {
        while (given.length < 4) given.push(undefined);
        given[4] = guard('amqplib publish', () => answered(send, callback as Callback | undefined)) ?? callback;
      }
      confirming = send;
      try {
        const result: unknown = original.apply(this, given);
        if (!isTold) guard('amqplib publish', () => send.sent());
        return result;
      } finally {
        confirming = undefined;
      }
    };
  });

  /** Stands in for the callback of a confirmed message; the caller's own runs where the caller was. */
  function answered(send: Send, callback: Callback | undefined): Callback {
    const back = callback && queue.bind(callback);
    return function (this: unknown, ...args: unknown[]) {
      const [error] = args;
      guard('amqplib publish', () => (error ? send.failed(error) : send.sent()));
      return back?.apply(this, args);
    };
  }
}

/**
 * The arguments with the trace in the headers. Copies inherit from the caller's own objects, as amqplib's do
 * (`Args.publish` in lib/api_args.js), so that whatever is read or enumerated there is the same.
 */
function withTrace(channel: Channel, args: unknown[], carrier: Carrier | undefined): unknown[] | undefined {
  if (!carrier) return undefined;
  const [exchange, routingKey, content, options, ...rest] = args as [unknown, unknown, unknown, any, ...unknown[]];
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
  const copy: unknown = Object.create(options ?? null, {
    headers: { enumerable: true, value: Object.create((headers as object) ?? null, own) },
  });
  return [exchange, routingKey, content, copy, ...rest];
}
