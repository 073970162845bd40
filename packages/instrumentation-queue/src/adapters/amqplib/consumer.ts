import { guard, type Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import {
  BASIC_ACK,
  BASIC_GET,
  BASIC_GET_OK,
  BASIC_NACK,
  BASIC_PROPERTIES,
  BASIC_RECOVER,
  BASIC_REJECT,
  type Channel,
  type Frame,
  type Message,
  type Model,
} from './channel.ts';
import type { Deliveries } from './deliveries.ts';
import { watchHandler, type Handler } from './handler.ts';

type Reply = (error: unknown, frame?: Frame) => unknown;

/** Handlers, fetching by hand, and what the application answers. */
export class Consumers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #deliveries: Deliveries;
  /** A message is fetched by hand, synchronously down to `sendOrEnqueue`. */
  #fetching: ((fields: Message['fields'], properties: Message['properties']) => void) | undefined;

  constructor(queue: QueueEvents, hooks: Hooks, deliveries: Deliveries) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#deliveries = deliveries;
  }

  /** lib/channel_model.js and lib/callback_model.js. */
  observe({ Channel: { prototype } }: Model): void {
    const consumers = this;
    const hooks = this.#hooks;

    hooks.wrap(prototype, 'consume', (original) => {
      return function (this: Channel, ...args: unknown[]) {
        const [queue, handler, options, ...rest] = args;
        if (!hooks.active || typeof handler !== 'function') return original.apply(this, args);
        const source = { channel: this, queue: String(queue), noAck: isNoAck(options) };
        const observed = watchHandler(handler as Handler, source, consumers.#deliveries, hooks);
        return original.call(this, queue, observed, ...(args.length > 2 ? [options, ...rest] : []));
      };
    });

    hooks.wrap(prototype, 'get', (original) => {
      return function (this: Channel, ...args: unknown[]) {
        if (!hooks.active) return original.apply(this, args);
        const [queue, options] = args;
        const since = performance.now();
        consumers.#fetching = guard('amqplib get', () =>
          consumers.#queue.bind((fields: Message['fields'], properties: Message['properties']) =>
            consumers.#deliveries.take(this, String(queue), isNoAck(options), { fields, properties }, since),
          ),
        );
        try {
          return original.apply(this, args);
        } finally {
          consumers.#fetching = undefined;
        }
      };
    });

    hooks.wrap(prototype, 'assertQueue', (original) => {
      return function (this: Channel, ...args: unknown[]) {
        if (hooks.active) guard('amqplib assertQueue', () => consumers.#deliveries.asserted(args[0], args[1]));
        return original.apply(this, args);
      };
    });
  }

  /** lib/channel.js: every method frame of both APIs goes out through here. */
  observeFrames(prototype: Channel): void {
    const consumers = this;
    const hooks = this.#hooks;

    hooks.wrap(prototype, 'sendImmediately', (original) => {
      return function (this: Channel, ...args: unknown[]) {
        const result: unknown = original.apply(this, args);
        const [method, fields] = args as [number, { deliveryTag: number; multiple?: boolean; requeue?: boolean }];
        if (hooks.active && (method === BASIC_ACK || method === BASIC_NACK || method === BASIC_REJECT)) {
          const answer = method === BASIC_ACK ? 'ack' : fields.requeue ? 'requeued' : 'rejected';
          guard('amqplib ack', () =>
            consumers.#deliveries.answered(this, answer, fields.deliveryTag, fields.multiple === true),
          );
        }
        return result;
      };
    });

    hooks.wrap(prototype, 'sendOrEnqueue', (original) => {
      return function (this: Channel, ...args: unknown[]) {
        const [method, fields, reply, ...rest] = args as [number, unknown, Reply, ...unknown[]];
        // The broker delivers again all that had no answer on this channel.
        if (method === BASIC_RECOVER && hooks.active) {
          guard('amqplib recover', () => consumers.#deliveries.answered(this, 'requeued', 0, true));
        }
        const taken = consumers.#fetching;
        if (method !== BASIC_GET || !taken) return original.apply(this, args);
        consumers.#fetching = undefined;
        const channel = this;
        const observed: Reply = function (this: unknown, ...answer) {
          const result = reply.apply(this, answer);
          const frame = answer[1];
          if (frame?.id === BASIC_GET_OK) onHeader(channel, (properties) => taken(frame.fields as never, properties));
          return result;
        };
        return original.call(this, method, fields, observed, ...rest);
      };
    });

    hooks.wrap(prototype, 'toClosed', (original) => {
      return function (this: Channel, ...args: unknown[]) {
        if (hooks.active) guard('amqplib close', () => consumers.#deliveries.closed(this));
        return original.apply(this, args);
      };
    });
  }
}

/**
 * The header is the next frame after `get`'s answer. Looking at it there, one need not look at the promise that
 * the caller holds.
 */
function onHeader(channel: Channel, seen: (properties: Message['properties']) => void): void {
  const next = channel.handleMessage;
  channel.handleMessage = function (this: Channel, frame) {
    if (frame.id === BASIC_PROPERTIES) guard('amqplib get', () => seen(frame.fields ?? {}));
    return next.call(this, frame);
  };
}

function isNoAck(options: unknown): boolean {
  return Boolean((options as { noAck?: unknown } | null | undefined)?.noAck);
}
