import { trace, type Attributes, type Context, type Span, type Tracer } from '@opentelemetry/api';
import {
  Caller,
  receivedHere,
  sendTrace,
  withSpan,
  type CommonAttributes,
  type OutgoingHeaders,
  type Telemetry,
  type UntrustedHeaders,
} from '@foreshock/kit';
import { RETRY_ATTEMPTS, RETRY_OUTCOME, RETRY_POLICY, RETRY_SUMMARY, RETRY_TOTAL_DELAY_MS } from '@foreshock/kit/names';
import { RpcAttempt, type AttemptedCall } from './attempt.ts';
import type { Called, RetryPolicy, RpcStatus, SentRpc } from './events.ts';
import type { RpcMetrics } from './rpc-metrics.ts';
import { CANCELLED, OK, statusName } from './status.ts';
import { methodOf, type Targets } from './target.ts';

export interface RpcClient {
  readonly telemetry: Telemetry;
  readonly metrics: RpcMetrics;
  readonly targets: Targets;
  readonly propagateTo: ((host: string) => boolean) | undefined;
  readonly trustIncoming: boolean;
  readonly untrusted: UntrustedHeaders | undefined;
}

/** Of a server or connection that refused, before its code saw the call. */
const TRANSPARENT = 'grpc transparent';

/** One call of the application's: a span for each attempt. */
export class RpcCall extends Caller implements Called, AttemptedCall {
  readonly common: CommonAttributes;
  readonly method: string;
  readonly deadline: number;
  readonly first: RpcAttempt;
  deciding: RpcAttempt | undefined;
  isCancelled = false;
  /** Given at the begin. */
  readonly limitMs: number;
  readonly #client: RpcClient;
  readonly #authority: string;
  readonly #began = performance.now();
  #last: RpcAttempt;
  #attempts = 0;
  #policy = TRANSPARENT;
  #totalDelayMs = 0;
  #ended = false;

  constructor(client: RpcClient, where: Context, { path, target, deadline }: SentRpc) {
    super(where);
    const known = client.targets.of(target);
    this.#client = client;
    this.common = client.targets.attributesOf(known, path);
    this.method = methodOf(path);
    this.deadline = deadline;
    this.limitMs = deadline - Date.now();
    this.#authority = known.authority;
    this.first = new RpcAttempt(this, 1);
    this.#last = this.first;
  }

  get tracer(): Tracer {
    return this.#client.telemetry.tracer;
  }

  propagate(metadata: OutgoingHeaders): void {
    this.send(metadata, this.first.span);
  }

  /** With an attempt as parent. */
  send(metadata: OutgoingHeaders, span: Span): void {
    const { propagateTo, trustIncoming, untrusted } = this.#client;
    const allowed = propagateTo?.(this.#authority) !== false;
    const received = (): readonly string[] | undefined => receivedHere(this.context);
    sendTrace(trace.setSpan(this.context, span), metadata, { allowed, trustIncoming, received, untrusted });
  }

  attempt(policy: RetryPolicy | undefined): RpcAttempt {
    const number = ++this.#attempts;
    if (policy) this.#policy = policy.name;
    const { failedAt } = this.#last;
    if (number > 1) this.#last = new RpcAttempt(this, number);
    if (number === 1 && !policy) return this.#last;
    // Hedged attempts do not wait for each other.
    const delayMs = number > 1 && failedAt !== undefined ? Math.round(performance.now() - failedAt) : undefined;
    this.#totalDelayMs += delayMs ?? 0;
    this.#last.isOf(policy ?? { name: TRANSPARENT, maxAttempts: undefined }, delayMs);
    return this.#last;
  }

  cancelled(): void {
    this.isCancelled = true;
  }

  ended(status: RpcStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    const deciding = this.deciding ?? this.#last;
    // Without an attempt, all details are of this process.
    deciding.ended(status, this.#attempts > 0);
    // Otherwise the attempt says it.
    if (this.#attempts > 1 || deciding.code !== status.code) this.#summarise(status);
    this.#measure(status);
  }

  #measure({ code }: RpcStatus): void {
    const { client } = this.#client.metrics;
    if (!client) return;
    const name = statusName(code);
    const measured: Attributes = {
      ...this.common.values,
      'rpc.status_code': name,
      ...(code !== OK && !(code === CANCELLED && this.isCancelled) && { 'error.type': name }),
    };
    delete measured['peer.service'];
    const where = withSpan(this.context, this.#last.span);
    client.record((performance.now() - this.#began) / 1_000, measured, where);
  }

  #summarise({ code }: RpcStatus): void {
    const caller = trace.getSpan(this.context);
    if (!caller?.isRecording()) return;
    caller.addEvent(RETRY_SUMMARY, {
      [RETRY_POLICY]: this.#policy,
      [RETRY_ATTEMPTS]: this.#attempts,
      [RETRY_TOTAL_DELAY_MS]: this.#totalDelayMs,
      [RETRY_OUTCOME]: code === OK ? 'success' : 'failure',
      ...(code !== OK && { 'error.type': statusName(code) }),
    });
  }
}
