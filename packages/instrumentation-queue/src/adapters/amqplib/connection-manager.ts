import { guard, type Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import type { Deliveries } from './deliveries.ts';
import type { Handler } from './handler.ts';

/** `ChannelWrapper` of amqp-connection-manager 4 and 5 (dist/cjs and dist/esm/ChannelWrapper.js). */
interface ChannelWrapper {
  _enqueueMessage: unknown;
  consume: unknown;
}

/** Runs a function where a message was given to a connection manager. */
export type InSender = (fn: () => unknown) => unknown;

/**
 * A connection manager keeps messages until a channel is open, and then publishes them all, in the context of whatever
 * opened it. Each has options of its own, a copy, with which it is published.
 */
export class ConnectionManagers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #deliveries: Deliveries;
  readonly #senders = new WeakMap<object, InSender>();

  constructor(queue: QueueEvents, hooks: Hooks, deliveries: Deliveries) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#deliveries = deliveries;
  }

  /** Where the message that is published with these options comes from, if a connection manager kept it. */
  senderOf(options: unknown): InSender | undefined {
    return typeof options === 'object' && options !== null ? this.#senders.get(options) : undefined;
  }

  observe(prototype: ChannelWrapper): void {
    const hooks = this.#hooks;
    const managers = this;

    hooks.wrap(prototype, '_enqueueMessage', (original) => {
      return function (this: unknown, ...args: unknown[]) {
        if (hooks.active) {
          guard('amqp-connection-manager publish', () => {
            const { options } = args[0] as { options?: unknown };
            if (typeof options !== 'object' || options === null) return;
            managers.#senders.set(
              options,
              managers.#queue.bind((fn: () => unknown) => fn()),
            );
          });
        }
        return original.apply(this, args);
      };
    });

    // Its own handler calls the application's, and drops what that returns.
    hooks.wrap(prototype, 'consume', (original) => {
      return function (this: unknown, ...args: unknown[]) {
        const [queue, handler, ...rest] = args;
        if (!hooks.active || typeof handler !== 'function') return original.apply(this, args);
        return original.call(this, queue, managers.#observed(handler as Handler), ...rest);
      };
    });
  }

  #observed(handler: Handler): Handler {
    const deliveries = this.#deliveries;
    return function (message, ...rest) {
      const result = handler.call(this, message, ...rest);
      if (message) guard('amqp-connection-manager consume', () => deliveries.calledWithin(message, handler, result));
      return result;
    };
  }
}
