import { ROOT_CONTEXT, type Context, type Span } from '@opentelemetry/api';
import { enter, leave, messageContext, NOT_ENTERED, runBy, type Runner, type Telemetry } from '@foreshock/kit';

/**
 * What arrives on an upgraded connection belongs to no request: the connection may last for days. Each event runs in a
 * context of its own, whose root is made when something in it is traced.
 */
export class UpgradedConnection implements Runner {
  readonly #telemetry: Telemetry;
  readonly #opener: Span;

  /** @param opener of the request that was upgraded */
  constructor(telemetry: Telemetry, opener: Span) {
    this.#telemetry = telemetry;
    this.#opener = opener;
  }

  run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    const where = this.#context();
    const left = enter(where);
    if (left === NOT_ENTERED) return runBy(where, fn, self, args);
    try {
      return Reflect.apply(fn, self, args);
    } finally {
      leave(left);
    }
  }

  #context(): Context {
    // No other protocol is common.
    const describe = () => ({ system: 'websocket', destination: 'websocket', link: this.#opener.spanContext() });
    return messageContext(this.#telemetry.tracer, describe, ROOT_CONTEXT) ?? ROOT_CONTEXT;
  }
}
