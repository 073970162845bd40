import { isPromise } from 'node:util/types';
import { guard } from '@foreshock/kit';
import type { Delivery, Failure, Processing, QueueEvents, Settlement, Taken } from '../../events.ts';
import { Redeliveries } from './redeliveries.ts';
import { destinationOf, type Message } from './channel.ts';
import { makesItsPromises, type Handler } from './handler.ts';
import { identityOf, messageOf, type QueueTraits } from './message.ts';
import { PromiseWatch, type Watched } from './promise-watch.ts';

/** Unacknowledged messages remembered at most, a channel: of those before, nothing more is said. */
const MAX_KEPT = 16_384;

/** Queues remembered at most. */
const MAX_QUEUES = 1_000;

/** What the application told the broker of a message. */
type Answer = 'ack' | 'requeued' | 'rejected';

const SETTLEMENTS: Record<Answer, Settlement> = { ack: 'ack', requeued: 'requeue', rejected: 'reject' };

/** A message in the application's hands: a handler at work on it, or taken by hand. */
export interface InHand {
  /** Of its delivery, by which the application answers for it. */
  readonly tag: number;
  readonly queue: string;
  readonly identity: string | undefined;
  /** Of a handler. */
  readonly processing?: Processing;
  /** By hand. */
  readonly taken?: Taken;
  /** There is no promise to watch: the answer is the handler's end. */
  isOver: boolean;
  answer: Answer | undefined;
  /** The promise of a handler, while it is pending. */
  watched?: Watched;
  /** What a connection manager's handler called, with what that returned. */
  within?: { handler: Handler; result: unknown };
  isEnded?: boolean;
}

/** A handler at work on a message. */
type Handled = InHand & { readonly processing: Processing };

/** Messages between their delivery and their end. */
export class Deliveries {
  readonly #queue: QueueEvents;
  readonly #channels = new WeakMap<object, Map<number, InHand>>();
  readonly #redeliveries = new Redeliveries();
  readonly #traits = new Map<string, QueueTraits>();

  /** Of messages whose handlers are running now. */
  readonly #called = new WeakMap<Message, InHand>();
  readonly #promises: PromiseWatch;

  constructor(queue: QueueEvents) {
    this.#queue = queue;
    this.#promises = new PromiseWatch();
  }

  /** The application asserted a queue, and with it said what becomes of its messages. */
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

  /** A handler is about to be called. */
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

  /** The handler of a connection manager called that of the application, which returned. */
  calledWithin(message: Message, handler: Handler, result: unknown): void {
    const inHand = this.#called.get(message);
    if (inHand) inHand.within = { handler, result };
  }

  /**
   * The handler returned. amqplib looks at nothing that it returns: a rejection that nobody handles must stay one, and
   * one that the application handles must not become one.
   */
  returned(channel: object, inHand: InHand, outer: Handler, returned: unknown): void {
    const { handler, result } = inHand.within ?? { handler: outer, result: returned };
    const end = (failure?: Failure): void => this.#end(channel, inHand, failure);
    if (!isPromise(result)) {
      inHand.isOver = true;
      if (inHand.answer) end();
    } else if (makesItsPromises(handler)) {
      result.then(
        () => guard('amqplib consume', end),
        (error: unknown) => {
          guard('amqplib consume', () => end({ error }));
          // Had we not looked, nobody would have handled this: that must stay so.
          throw error;
        },
      );
    } else {
      inHand.watched = {
        promise: result,
        settled: (rejection) => end(rejection && { error: rejection, type: rejection.type }),
      };
      this.#promises.add(inHand.watched);
      if (inHand.answer) this.#promises.soon(inHand.watched);
    }
  }

  threw(channel: object, inHand: InHand, error: unknown): void {
    this.#end(channel, inHand, { error });
  }

  /** A message was fetched by hand, since `performance.now()`. */
  take(channel: object, queue: string, noAck: boolean, message: Message, since: number): void {
    const identity = identityOf(queue, message);
    const [taken] = this.#queue.received(this.#delivery(queue, message, identity), since) ?? [];
    if (taken && !noAck) {
      const tag = message.fields.deliveryTag;
      this.#keep(channel, { tag, queue, identity, taken, isOver: true, answer: undefined });
    }
  }

  /** The application answered for a message, or for all up to it; 0 is for all there are. */
  answered(channel: object, answer: Answer, tag: number, multiple: boolean): void {
    const held = this.#channels.get(channel);
    if (!held || held.size === 0) return;
    if (!multiple) return this.#answer(channel, held.get(tag), answer);
    for (const [each, inHand] of held) {
      // Tags go up.
      if (tag !== 0 && each > tag) break;
      this.#answer(channel, inHand, answer);
    }
  }

  #answer(channel: object, inHand: InHand | undefined, answer: Answer): void {
    if (!inHand || inHand.answer) return;
    inHand.answer = answer;
    inHand.processing?.settled(SETTLEMENTS[answer]);
    if (inHand.isOver) this.#end(channel, inHand, undefined);
    else if (inHand.watched) this.#promises.soon(inHand.watched);
  }

  /** The broker will deliver again whatever had no answer, whether its handler still runs or not. */
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
    const failure = thrown ?? (answer === 'ack' || answer === undefined ? undefined : refusalOf(answer));
    if (failure && answer === 'rejected') failure.deadLettered = this.#traits.get(queue)?.deadLetters === true;
    if (failure && answer !== 'ack') this.#redeliveries.failed(identity);
    else this.#redeliveries.succeeded(identity);
    if (taken) {
      if (answer) taken.settled(failure);
    } else if (failure) processing?.failed(failure);
    else processing?.succeeded();
  }
}

/** A handler that settles well and sends the message back has failed all the same; it says no more than that. */
function refusalOf(answer: Exclude<Answer, 'ack'>): Failure {
  return { error: new Error(`${answer} by its handler`), type: answer };
}
