import { ROOT_CONTEXT, type Context, type Span } from '@opentelemetry/api';
import { messageContext, type Telemetry } from '@foreshock/kit';
import type { Place } from './events.ts';

/** An upgraded connection belongs to no request: each event has its own context, with a pending root. */
export class UpgradedConnection implements Place {
  readonly #telemetry: Telemetry;
  readonly #opener: Span;

  /** @param opener the upgraded request's */
  constructor(telemetry: Telemetry, opener: Span) {
    this.#telemetry = telemetry;
    this.#opener = opener;
  }

  /** New for each event. */
  get context(): Context {
    // Others are uncommon.
    const describe = () => ({ system: 'websocket', destination: 'websocket', link: this.#opener.spanContext() });
    return messageContext(this.#telemetry.tracer, describe, ROOT_CONTEXT) ?? ROOT_CONTEXT;
  }
}
