import { bind, followed, HandOver, preceded, type AnyFunction, type Hooks } from '@foreshock/kit';
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
import { observeHandler } from './handler.ts';

type Fetching = (fields: Message['fields'], properties: Message['properties']) => void;

interface Answered {
  deliveryTag: number;
  multiple?: boolean;
  requeue?: boolean;
}

export class Consumers {
  readonly #hooks: Hooks;
  readonly #deliveries: Deliveries;
  /** `get` calls `sendOrEnqueue` synchronously. */
  readonly #fetching = new HandOver<Fetching>();

  constructor(hooks: Hooks, deliveries: Deliveries) {
    this.#hooks = hooks;
    this.#deliveries = deliveries;
  }

  /** lib/channel_model.js and lib/callback_model.js. */
  observe({ Channel: { prototype } }: Model): void {
    const hooks = this.#hooks;
    const deliveries = this.#deliveries;

    hooks.before(prototype, 'consume', (channel: Channel, args) => {
      const [queue, handler, options] = args;
      if (typeof handler !== 'function') return;
      const source = { channel, queue: String(queue), noAck: isNoAck(options) };
      args[1] = observeHandler(handler, source, deliveries, hooks);
    });

    hooks.calls(prototype, 'get', {
      begin(channel: Channel, [queue, options]): Fetching {
        const since = performance.now();
        return bind((fields, properties) =>
          deliveries.take(channel, String(queue), isNoAck(options), { fields, properties }, since),
        );
      },
      handOver: this.#fetching,
    });

    hooks.before(prototype, 'assertQueue', (_channel, [queue, options]) => deliveries.asserted(queue, options));
  }

  /** lib/channel.js: both APIs' method frames. */
  observeFrames(prototype: Channel): void {
    const hooks = this.#hooks;
    const deliveries = this.#deliveries;

    hooks.after(prototype, 'sendImmediately', (_result, channel: Channel, [method, fields]: [number, Answered]) => {
      if (method !== BASIC_ACK && method !== BASIC_NACK && method !== BASIC_REJECT) return;
      const answer = method === BASIC_ACK ? 'ack' : fields.requeue ? 'requeued' : 'rejected';
      deliveries.answered(channel, answer, fields.deliveryTag, fields.multiple === true);
    });

    hooks.before(prototype, 'sendOrEnqueue', (channel: Channel, args: [number, unknown, AnyFunction]) => {
      const [method, , reply] = args;
      // Redelivers the channel's unacknowledged messages.
      if (method === BASIC_RECOVER) deliveries.answered(channel, 'requeued', 0, true);
      const taken = method === BASIC_GET ? this.#fetching.take() : undefined;
      if (!taken) return;
      const replied = (_result: unknown, _self: unknown, [, frame]: [unknown, Frame?]): void => {
        if (frame?.id === BASIC_GET_OK) onHeader(channel, (properties) => taken(frame.fields as never, properties));
      };
      args[2] = followed(reply, replied, 'amqplib get');
    });

    hooks.before(prototype, 'toClosed', (channel) => deliveries.closed(channel));
  }
}

/** The header frame follows `get-ok`: no `then` on the caller's promise. */
function onHeader(channel: Channel, seen: (properties: Message['properties']) => void): void {
  const next = channel.handleMessage;
  const handling = (_channel: unknown, [frame]: [Frame]): void => {
    if (frame.id === BASIC_PROPERTIES) seen(frame.fields ?? {});
  };
  channel.handleMessage = preceded(next, handling, 'amqplib get');
}

function isNoAck(options: unknown): boolean {
  return Boolean((options as { noAck?: unknown } | null | undefined)?.noAck);
}
