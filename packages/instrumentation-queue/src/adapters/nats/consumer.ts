import { whenSettled, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { Delivery } from '../../events.ts';
import type { Handlings } from './handlings.ts';
import { answerWithinMs, deliveryOf, storedDeliveryOf, type ConsumerConfig } from './message.ts';
import { isInternal } from './producer.ts';

interface SubscriptionOptions {
  readonly callback?: AnyFunction;
  readonly queue?: string;
}

/** lib/nats-base-client/protocol.js. */
interface Subscription {
  readonly subject: string;
  readonly queue?: string;
  readonly protocol: { readonly options: { readonly inboxPrefix?: string } };
}

/** lib/jetstream/consumer.js. */
interface PullConsumer {
  readonly _info?: { readonly config?: ConsumerConfig };
}

interface PullConsumerMessages {
  readonly consumer: PullConsumer;
}

export function observeSubscriptions(
  connection: Record<'subscribe', unknown>,
  subscription: Record<'iterate', unknown>,
  handlings: Handlings,
  hooks: Hooks,
): void {
  hooks.before(connection, 'subscribe', (self, args: [unknown, SubscriptionOptions | undefined, ...unknown[]]) => {
    const [subject, options] = args;
    if (isInternal(self, subject) || typeof options?.callback !== 'function') return;
    const { callback, queue } = options;
    const delivery = (message: object): Delivery => deliveryOf(String(subject), queue, message);
    const messageOf = ([error, message]: any[]): object | undefined => (error ? undefined : message);
    args[1] = { ...options, callback: handlings.observe(callback, messageOf, delivery, undefined) };
  });
  hooks.returning(subscription, 'iterate', (iterator, self: Subscription) => {
    if (isInternal(self.protocol, self.subject)) return iterator;
    return observedLoop(iterator, handlings, (message) => deliveryOf(self.subject, self.queue, message), undefined);
  });
}

export function observePulls(
  consumer: Record<'consume' | 'fetch', unknown>,
  messages: Record<'iterate', unknown>,
  ordered: Record<'internalHandler', unknown> | undefined,
  handlings: Handlings,
  hooks: Hooks,
): void {
  const configOf = ({ _info }: PullConsumer): ConsumerConfig => _info?.config ?? {};

  // An ordered consumer's own, which may only hand it on.
  const handingOn = new WeakSet<AnyFunction>();
  if (ordered) hooks.after(ordered, 'internalHandler', (callback: AnyFunction) => handingOn.add(callback));

  for (const method of ['consume', 'fetch'] as const) {
    hooks.before(consumer, method, (self: PullConsumer, args: [{ callback?: AnyFunction } | undefined]) => {
      const [options] = args;
      if (typeof options?.callback !== 'function' || handingOn.has(options.callback)) return;
      const config = configOf(self);
      const delivery = (message: any): Delivery => storedDeliveryOf(message, config);
      const observing = handlings.observe(options.callback, ([message]) => message, delivery, answerWithinMs(config));
      args[0] = { ...options, callback: observing };
    });
  }
  hooks.returning(messages, 'iterate', (iterator, self: PullConsumerMessages) => {
    const config = configOf(self.consumer);
    return observedLoop(iterator, handlings, (message) => storedDeliveryOf(message, config), answerWithinMs(config));
  });
}

export function observeAnswers(
  message: Record<'ack' | 'ackAck' | 'next' | 'nak' | 'term' | 'working', unknown>,
  handlings: Handlings,
  hooks: Hooks,
): void {
  hooks.before(message, 'ack', (self) => handlings.answered(self, 'ack'));
  hooks.before(message, 'ackAck', (self) => handlings.answered(self, 'ack'));
  // With a pull.
  hooks.before(message, 'next', (self) => handlings.answered(self, 'ack'));
  hooks.before(message, 'nak', (self) => handlings.answered(self, 'requeue'));
  hooks.before(message, 'term', (self) => handlings.answered(self, 'reject'));
  hooks.before(message, 'working', (self) => handlings.goesOn(self));
}

/** A message is handled until the loop asks for the next one. What the loop calls stays where the loop is. */
function observedLoop(
  iterator: AsyncIterator<object> & AsyncIterable<object>,
  handlings: Handlings,
  deliveryOf: (message: any) => Delivery,
  answerWithin: number | undefined,
): AsyncIterator<object> & AsyncIterable<object> {
  let current: ReturnType<Handlings['begin']>;
  const over = (): void => {
    if (current) handlings.over(current);
    current = undefined;
  };
  const begun = ({ done, value }: IteratorResult<object>): void => {
    // Several may be asked for at once.
    over();
    if (!done) current = handlings.begin(value, deliveryOf, answerWithin);
  };
  const { next, return: end } = iterator;
  return Object.create(iterator, {
    next: {
      value: () => {
        over();
        return whenSettled(
          next.call(iterator),
          (result) => begun(result as IteratorResult<object>),
          () => {},
        );
      },
    },
    return: {
      value: (value: unknown) => {
        over();
        return end?.call(iterator, value);
      },
    },
    throw: { value: (error: unknown) => iterator.throw?.(error) },
    [Symbol.asyncIterator]: {
      value(this: unknown) {
        return this;
      },
    },
  }) as AsyncIterator<object> & AsyncIterable<object>;
}
