import { SpanKind, SpanStatusCode, type Context, type Span } from '@opentelemetry/api';
import { Caller, errorTypeOf, roundMs, type Telemetry } from '@foreshock/kit';
import {
  MESSAGING_DESTINATION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM,
  RETRY_ATTEMPT,
  RETRY_MAX_ATTEMPTS,
  SOCKET_IO_PHASE_CONNECT_MS,
  SOCKET_IO_PHASE_QUEUE_MS,
  SOCKET_IO_TIMEOUT_MS,
} from '@foreshock/kit/names';
import type { Asked, Question } from './events.ts';

/** Shorter waits are none. */
const LEAST_WAIT_MS = 1;

/** A message whose answer its sender waits for. The payload is the application's, so no context goes with it. */
export class AskedPeer extends Caller implements Asked {
  readonly #span: Span;
  readonly #begun = performance.now();
  isSent = false;
  #waits = false;
  #ended = false;

  /** @param where the sender's */
  constructor({ tracer }: Telemetry, { message, timeoutMs, attempt, queuedMs = 0 }: Question, where: Context) {
    super(where);
    const { system, destination, attributes } = message;
    this.#span = tracer.startSpan(
      destination === undefined ? 'send' : `send ${destination}`,
      {
        // No PRODUCER: its receiver is in another trace.
        kind: SpanKind.CLIENT,
        attributes: {
          [MESSAGING_SYSTEM]: system,
          [MESSAGING_OPERATION_NAME]: 'send',
          [MESSAGING_OPERATION_TYPE]: 'send',
          ...(destination !== undefined && { [MESSAGING_DESTINATION_NAME]: destination }),
          ...attributes,
          ...(attempt && { [RETRY_ATTEMPT]: attempt.number, [RETRY_MAX_ATTEMPTS]: attempt.most }),
          ...(queuedMs >= LEAST_WAIT_MS && { [SOCKET_IO_PHASE_QUEUE_MS]: roundMs(queuedMs) }),
          ...(timeoutMs !== undefined && { [SOCKET_IO_TIMEOUT_MS]: timeoutMs }),
        },
      },
      where,
    );
  }

  waits(): void {
    this.#waits = true;
  }

  sent(): void {
    if (this.isSent || this.#ended) return;
    this.isSent = true;
    const waited = performance.now() - this.#begun;
    if (this.#waits && waited >= LEAST_WAIT_MS) this.#span.setAttribute(SOCKET_IO_PHASE_CONNECT_MS, roundMs(waited));
  }

  answered(): void {
    this.#end(undefined);
  }

  failed(error: unknown): void {
    this.#end(typeof error === 'string' ? error : errorTypeOf(error));
  }

  #end(errorType: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (errorType !== undefined) {
      this.#span.setAttribute('error.type', errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}
