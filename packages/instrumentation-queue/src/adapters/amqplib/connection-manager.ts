import { bind, guard, type Hooks } from '@foreshock/kit';
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
  readonly #hooks: Hooks;
  readonly #deliveries: Deliveries;
  readonly #senders = new WeakMap<object, InSender>();

  constructor(hooks: Hooks, deliveries: Deliveries) {
    this.#hooks = hooks;
    this.#deliveries = deliveries;
  }

  /** Where the message that is published with these options comes from, if a connection manager kept it. */
  senderOf(options: unknown): InSender | undefined {
    return typeof options === 'object' && options !== null ? this.#senders.get(options) : undefined;
  }

  observe(prototype: ChannelWrapper): void {
    this.#hooks.before(prototype, '_enqueueMessage', (_wrapper, [{ options }]: [{ options?: unknown }]) => {
      if (typeof options !== 'object' || options === null) return;
      const inSender: InSender = (fn) => fn();
      this.#senders.set(options, bind(inSender));
    });
    // Its own handler calls the application's, and drops what that returns.
    this.#hooks.before(prototype, 'consume', (_wrapper, args) => {
      if (typeof args[1] === 'function') args[1] = this.#observed(args[1]);
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
