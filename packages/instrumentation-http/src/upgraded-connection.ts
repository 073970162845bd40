import { ROOT_CONTEXT, trace, type Context, type Span } from '@opentelemetry/api';
import { attributeOf, messageContext, type Telemetry } from '@foreshock/kit';
import { WEBSOCKET_BUFFERED_BYTES } from '@foreshock/kit/names';
import type { Place } from './events.ts';
import { pathInName } from './path-name.ts';

/** Others are uncommon. */
const WEBSOCKET = 'websocket';

/** An upgraded connection belongs to no request: each event has its own context, with a pending root. */
export class UpgradedConnection implements Place {
  readonly #telemetry: Telemetry;
  readonly #opener: Span;
  readonly #target: string;

  /**
   * @param opener the upgraded request's
   * @param target its path, perhaps with a query
   */
  constructor(telemetry: Telemetry, opener: Span, target: string) {
    this.#telemetry = telemetry;
    this.#opener = opener;
    this.#target = target;
  }

  /** New for each event. */
  get context(): Context {
    const describe = () => ({
      system: WEBSOCKET,
      destination: pathInName(this.#target) ?? WEBSOCKET,
      link: this.#opener.spanContext(),
    });
    return messageContext(this.#telemetry.tracer, describe, ROOT_CONTEXT) ?? ROOT_CONTEXT;
  }
}

/** On the sender's span: the highest. */
export function sendingBehind(bufferedBytes: number): void {
  const span = trace.getActiveSpan();
  if (!span?.isRecording()) return;
  const before = attributeOf(span, WEBSOCKET_BUFFERED_BYTES);
  if (typeof before !== 'number' || before < bufferedBytes) span.setAttribute(WEBSOCKET_BUFFERED_BYTES, bufferedBytes);
}
