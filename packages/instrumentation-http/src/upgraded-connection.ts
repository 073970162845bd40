import { ROOT_CONTEXT, type Context, type Span } from '@opentelemetry/api';
import { messageContext, type Telemetry } from '@foreshock/kit';
import type { Place } from './events.ts';

/**
 * What arrives on an upgraded connection, open for days, belongs to no request: each event has a context of its own,
 * with a pending root.
 */
export class UpgradedConnection implements Place {
  readonly #telemetry: Telemetry;
  readonly #opener: Span;

  /** @param opener of the request that was upgraded */
  constructor(telemetry: Telemetry, opener: Span) {
    this.#telemetry = telemetry;
    this.#opener = opener;
  }

  /** A new one for each event. */
  get context(): Context {
    // No other protocol is common.
    const describe = () => ({ system: 'websocket', destination: 'websocket', link: this.#opener.spanContext() });
    return messageContext(this.#telemetry.tracer, describe, ROOT_CONTEXT) ?? ROOT_CONTEXT;
  }
}
