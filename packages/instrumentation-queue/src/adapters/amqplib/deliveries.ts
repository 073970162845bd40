import { isPromise } from 'node:util/types';
import type { AnyFunction } from '@foreshock/kit';
import type { Delivery, Failure, Processing, QueueEvents, Settlement, Taken } from '../../events.ts';
import { HandlerPromises, type ObservedPromise } from '../../handler-promises.ts';
import { refusalOf } from '../../refusal.ts';
import { Redeliveries } from './redeliveries.ts';
import { destinationOf, type Handler, type Message } from './channel.ts';
import { identityOf, messageOf, type QueueTraits } from './message.ts';

/** Unacknowledged, per channel; older ones get no result. */
const MAX_KEPT = 16_384;

const MAX_QUEUES = 1_000;

type Answer = 'ack' | 'requeued' | 'rejected';

const SETTLEMENTS: Record<Answer, Settlement> = { ack: 'ack', requeued: 'requeue', rejected: 'reject' };

export interface InHand {
  /** Delivery tag. */
  readonly tag: number;
  readonly queue: string;
  readonly identity: string | undefined;
  /** Only with a handler. */
  readonly processing?: Processing;
  /** Only with `get`. */
  readonly taken?: Taken;
  /** No pending promise: acknowledgement ends it. */
  isOver: boolean;
  answer: Answer | undefined;
  observed?: ObservedPromise | undefined;
  /** The application's, below a connection manager's. */
  within?: { handler: Handler; result: unknown };
  isEnded?: boolean;
}

type Handled = InHand & { readonly processing: Processing };

export class Deliveries {
  readonly #queue: QueueEvents;
  readonly #channels = new WeakMap<object, Map<number, InHand>>();
  readonly #redeliveries = new Redeliveries();
  readonly #traits = new Map<string, QueueTraits>();

  /** Synchronously running. */
  readonly #called = new WeakMap<Message, InHand>();
  readonly #promises = new HandlerPromises('amqplib consume');

  constructor(queue: QueueEvents) {
    this.#queue = queue;
  }

  /** Whether failures are dead-lettered. */
  asserted(queue: unknown, options: any): void {
    if (typeof queue !== 'string' || queue === '' || !options) return;
    const limit: unknown = options.arguments?.['x-delivery-limit'];
    this.#traits.delete(queue);
    this.#traits.set(queue, {
      deadLetters: (options.deadLetterExchange ?? options.arguments?.['x-dead-letter-exchange']) !== undefined,
      deliveryLimit: typeof limit === 'number' && limit >= 0 ? limit : undefined,
    });
    if (this.#traits.size > MAX_QUEUES) this.#traits.delete(this.#traits.keys().next().value!);
  }

  #delivery(queue: string, message: Message, identity: string | undefined): Delivery {
    const before = this.#redeliveries.of(identity);
    return {
      system: 'rabbitmq',
      destination: destinationOf(queue, message.fields.exchange || message.fields.routingKey),
      messages: [messageOf(queue, message, before, this.#traits.get(queue))],
    };
  }

  begin(channel: object, queue: string, noAck: boolean, message: Message): Handled | undefined {
    const identity = identityOf(queue, message);
    const processing = this.#queue.process(this.#delivery(queue, message, identity));
    if (!processing) return undefined;
    const tag = message.fields.deliveryTag;
    const inHand: Handled = { tag, queue, identity, processing, isOver: false, answer: undefined };
    if (noAck) {
      inHand.answer = 'ack';
      processing.settled('auto');
    } else this.#keep(channel, inHand);
    this.#called.set(message, inHand);
    return inHand;
  }

  calledWithin(message: Message, handler: Handler, result: unknown): void {
    const inHand = this.#called.get(message);
    if (inHand) inHand.within = { handler, result };
  }

  /** amqplib ignores the promise: observing it must leave unhandled rejections so. */
  returned(channel: object, inHand: InHand, outer: Handler, returned: unknown): void {
    const { handler, result } = inHand.within ?? { handler: outer, result: returned };
    const end = (failure?: Failure): void => this.#end(channel, inHand, failure);
    if (!isPromise(result)) {
      inHand.isOver = true;
      if (inHand.answer) end();
    } else {
      inHand.observed = this.#promises.follow(handler as AnyFunction, result, end);
      if (inHand.answer && inHand.observed) this.#promises.soon(inHand.observed);
    }
  }

  threw(channel: object, inHand: InHand, error: unknown): void {
    this.#end(channel, inHand, { error });
  }

  /** @param since `performance.now()` of `get` */
  take(channel: object, queue: string, noAck: boolean, message: Message, since: number): void {
    const identity = identityOf(queue, message);
    const [taken] = this.#queue.received(this.#delivery(queue, message, identity), since) ?? [];
    if (taken && !noAck) {
      const tag = message.fields.deliveryTag;
      this.#keep(channel, { tag, queue, identity, taken, isOver: true, answer: undefined });
    }
  }

  /** @param tag 0 with `multiple`: all */
  answered(channel: object, answer: Answer, tag: number, multiple: boolean): void {
    const held = this.#channels.get(channel);
    if (!held || held.size === 0) return;
    if (!multiple) return this.#answer(channel, held.get(tag), answer);
    for (const [each, inHand] of held) {
      // Tags ascend.
      if (tag !== 0 && each > tag) break;
      this.#answer(channel, inHand, answer);
    }
  }

  #answer(channel: object, inHand: InHand | undefined, answer: Answer): void {
    if (!inHand || inHand.answer) return;
    inHand.answer = answer;
    inHand.processing?.settled(SETTLEMENTS[answer]);
    if (inHand.isOver) this.#end(channel, inHand, undefined);
    else if (inHand.observed) this.#promises.soon(inHand.observed);
  }

  /** The broker redelivers, while handlers run. */
  closed(channel: object): void {
    for (const inHand of this.#channels.get(channel)?.values() ?? []) {
      if (inHand.answer) continue;
      const error = new Error('the channel closed before the message was acknowledged');
      this.#end(channel, inHand, inHand.processing ? { error, type: 'channel_closed' } : undefined);
    }
  }

  #keep(channel: object, inHand: InHand): void {
    let held = this.#channels.get(channel);
    if (!held) this.#channels.set(channel, (held = new Map()));
    held.set(inHand.tag, inHand);
    if (held.size > MAX_KEPT) held.delete(held.keys().next().value!);
  }

  #end(channel: object, inHand: InHand, thrown?: Failure): void {
    if (inHand.isEnded) return;
    inHand.isEnded = true;
    const { tag, queue, identity, processing, taken, answer } = inHand;
    const held = this.#channels.get(channel);
    if (held?.get(tag) === inHand) held.delete(tag);
    const failure = thrown ?? (answer && refusalOf(SETTLEMENTS[answer]));
    if (failure && answer === 'rejected') failure.deadLettered = this.#traits.get(queue)?.deadLetters === true;
    if (failure && answer !== 'ack') this.#redeliveries.failed(identity);
    else this.#redeliveries.succeeded(identity);
    if (taken) {
      if (answer) taken.settled(failure);
    } else if (failure) processing?.failed(failure);
    else processing?.succeeded();
  }
}
