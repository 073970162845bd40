import {
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { roundMs, startSpan, whereSent, type CommonAttributes, type OutgoingHeaders } from '@foreshock/kit';
import {
  RETRY_ATTEMPT,
  RETRY_DELAY_MS,
  RETRY_MAX_ATTEMPTS,
  RETRY_POLICY,
  RPC_PHASE_CONNECT_MS,
  RPC_PHASE_DNS_MS,
  RPC_TIMEOUT_MS,
  RPC_TIMEOUT_PHASE,
} from '@foreshock/kit/names';
import type { Attempt, Called, RpcStatus, Wait } from './events.ts';
import { CANCELLED, DEADLINE_EXCEEDED, OK, statusName } from './status.ts';

const WAITED_MS = { dns: RPC_PHASE_DNS_MS, connect: RPC_PHASE_CONNECT_MS };
const MAX_DETAILS = 256;
/** @grpc/grpc-js 1.10 to 1.14. */
const OWN_DETAILS =
  /^(?:No connection established|Name resolution failed|Deadline exceeded|Channel closed|Failed to start HTTP\/2 stream|Cancelled on client$|Received message larger|Attempted to send message with a size)/;
/** Timers may be. */
const EARLY_MS = 5;

/** Of attempts. */
export interface AttemptedCall extends Called {
  readonly context: Context;
  readonly tracer: Tracer;
  readonly common: CommonAttributes;
  readonly method: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly limitMs: number;
  readonly first: RpcAttempt;
  /** Whose status is the call's; undefined: the last one's. */
  deciding: RpcAttempt | undefined;
  readonly isCancelled: boolean;
  send(metadata: OutgoingHeaders, span: Span): void;
}

export class RpcAttempt implements Attempt {
  readonly call: AttemptedCall;
  readonly number: number;
  readonly span: Span;
  code: number | undefined;
  /** Of `performance.now()`. */
  failedAt: number | undefined;
  #wait: Wait | undefined;
  #waitsSince = 0;
  #hasResponse = false;
  #ended = false;

  constructor(call: AttemptedCall, number: number) {
    this.call = call;
    this.number = number;
    const { tracer, common, method, context } = call;
    this.span = startSpan(tracer, method, { kind: SpanKind.CLIENT, common }, context);
  }

  isOf({ name, maxAttempts }: { name: string; maxAttempts: number | undefined }, delayMs: number | undefined): void {
    const attributes: Attributes = { [RETRY_ATTEMPT]: this.number, [RETRY_POLICY]: name };
    if (maxAttempts !== undefined) attributes[RETRY_MAX_ATTEMPTS] = maxAttempts;
    if (delayMs !== undefined) attributes[RETRY_DELAY_MS] = delayMs;
    this.span.setAttributes(attributes);
  }

  propagate(metadata: OutgoingHeaders): void {
    // As a later attempt's metadata are copied from the first one's.
    const sent: Record<string, string> = {};
    propagation.inject(whereSent(trace.setSpan(this.call.context, this.call.first.span)), sent);
    for (const name in sent) if (metadata.get(name) === sent[name]) metadata.remove(name);
    this.call.send(metadata, this.span);
  }

  waitsFor(what: Wait): void {
    if (this.#wait === what) return;
    this.goesOn();
    this.#wait = what;
    this.#waitsSince = performance.now();
  }

  goesOn(): void {
    if (this.#wait === undefined) return;
    this.span.setAttribute(WAITED_MS[this.#wait], roundMs(performance.now() - this.#waitsSince));
    this.#wait = undefined;
  }

  responded(): void {
    this.#hasResponse = true;
  }

  worked(): void {
    this.call.deciding = this;
  }

  discarded(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.goesOn();
    this.code = CANCELLED;
    this.span.setAttribute('rpc.status_code', statusName(CANCELLED));
    this.span.end();
  }

  ended({ code, details }: RpcStatus, wasSent: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const { span, call } = this;
    const phase = this.#wait ?? (this.#hasResponse ? 'download' : 'ttfb');
    this.goesOn();
    this.code = code;
    const name = statusName(code);
    span.setAttribute('rpc.status_code', name);
    if (code === DEADLINE_EXCEEDED && call.deadline <= Date.now() + EARLY_MS) {
      span.setAttributes({ [RPC_TIMEOUT_MS]: Math.round(call.limitMs), [RPC_TIMEOUT_PHASE]: phase });
    }
    // Nothing has failed for who cancels.
    if (code !== OK && !(code === CANCELLED && call.isCancelled)) {
      this.failedAt = performance.now();
      span.setAttribute('error.type', name);
      // A server's may have values, as those of the application's serializers and credentials.
      const message = wasSent ? undefined : ownWords(details);
      span.setStatus({ code: SpanStatusCode.ERROR, ...(message && { message }) });
    }
    span.end();
  }
}

function ownWords(details: string | undefined): string | undefined {
  return details !== undefined && OWN_DETAILS.test(details) ? details.slice(0, MAX_DETAILS) : undefined;
}
