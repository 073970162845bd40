import { bind, followed, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { Deliveries } from './deliveries.ts';
import type { Handler } from './channel.ts';

/** amqp-connection-manager 4 and 5 (dist/cjs and dist/esm/ChannelWrapper.js). */
interface ChannelWrapper {
  _enqueueMessage: unknown;
  consume: unknown;
}

/** Runs in the message's sender's context. */
export type InSender = (fn: () => unknown) => unknown;

/** A connection manager buffers messages until a channel opens. Copied options identify each. */
export class ConnectionManagers {
  readonly #hooks: Hooks;
  readonly #deliveries: Deliveries;
  readonly #senders = new WeakMap<object, InSender>();

  constructor(hooks: Hooks, deliveries: Deliveries) {
    this.#hooks = hooks;
    this.#deliveries = deliveries;
  }

  /** Undefined unless buffered. */
  senderOf(options: unknown): InSender | undefined {
    return typeof options === 'object' && options !== null ? this.#senders.get(options) : undefined;
  }

  observe(prototype: ChannelWrapper): void {
    this.#hooks.before(prototype, '_enqueueMessage', (_wrapper, [{ options }]: [{ options?: unknown }]) => {
      if (typeof options !== 'object' || options === null) return;
      const inSender: InSender = (fn) => fn();
      this.#senders.set(options, bind(inSender));
    });
    // The manager's handler discards the application's result.
    this.#hooks.before(prototype, 'consume', (_wrapper, args) => {
      if (typeof args[1] === 'function') args[1] = this.#observed(args[1]);
    });
  }

  #observed(handler: Handler): AnyFunction {
    const called = (result: unknown, _self: unknown, [message]: Parameters<Handler>): void => {
      if (message) this.#deliveries.calledWithin(message, handler, result);
    };
    return followed(handler, called, 'amqp-connection-manager consume');
  }
}
