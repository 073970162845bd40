import { answeringOnce, Caller, guard, HandOver, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { Carrier, QueueEvents, Send } from '../../events.ts';
import { forwardedNames } from '../../forwarded-headers.ts';
import { destinationOf, type Channel, type Model } from './channel.ts';
import type { ConnectionManagers } from './connection-manager.ts';
import { fits } from './frame-size.ts';
import { SENT } from './message.ts';

/**
 * `sendToQueue` calls `publish`, a confirm channel's a channel's. A send ends on writing, there with the broker's
 * answer.
 */
export function observePublish(
  { Channel, ConfirmChannel }: Model,
  queue: QueueEvents,
  hooks: Hooks,
  managers: ConnectionManagers,
): void {
  /** A confirm channel's `publish` calls a channel's synchronously. */
  const confirming = new HandOver<Send>();
  /** Without an observable callback. */
  const unanswered = new WeakSet<Send>();

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
      // Of a confirm channel's call that has returned, if amqplib called this later.
      if (!confirmed && channel instanceof ConfirmChannel) return undefined;
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
      // Before 2.3, a closing channel stops its callbacks at the first message without one.
      const isAnswered = typeof callback === 'function' || (!callback && 'closedWithUnconfirmed' in channel);
      if (send && isAnswered) args[4] = answered(send, callback as AnyFunction | undefined);
      else if (send) unanswered.add(send);
      return send;
    },
    handOver: confirming,
    returned(send) {
      if (unanswered.delete(send)) send.sent();
    },
    failed: (send, error) => send.failed(error),
  });

  /** In its caller's context. */
  function answered(send: Send, callback: AnyFunction = () => undefined): AnyFunction {
    return answeringOnce('amqplib publish', new Caller(), callback, ([error]) =>
      error ? send.failed(error) : send.sent(),
    );
  }
}

/** Copies inherit from the caller's objects, as in `Args.publish` (lib/api_args.js): reads and enumeration match. */
function withTrace(channel: Channel, args: unknown[], carrier: Carrier | undefined): object | undefined {
  if (!carrier) return undefined;
  const options = args[3] as any;
  const headers: unknown = options?.headers;
  if ((options && typeof options !== 'object') || (headers && typeof headers !== 'object')) return undefined;
  const added = { ...carrier, [SENT]: String(Date.now()) };
  if (!fits(channel, options, added)) return undefined;
  const own: PropertyDescriptorMap = {};
  for (const name in added) own[name] = { enumerable: true, value: added[name as keyof typeof added] };
  // `encodeTable` (lib/codec.js) skips undefined.
  for (const name of forwardedNames(headers as Record<string, unknown> | undefined, carrier)) {
    own[name] = { enumerable: true, value: undefined };
  }
  return Object.create(options ?? null, {
    headers: { enumerable: true, value: Object.create((headers as object) ?? null, own) },
  });
}
