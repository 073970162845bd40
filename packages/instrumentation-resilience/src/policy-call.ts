import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Context, type Link } from '@opentelemetry/api';
import {
  Caller,
  errorMessageOf,
  errorTypeOf,
  guard,
  isSuppressed,
  noteDegraded,
  roundMs,
  withContextAttributes,
  type Telemetry,
} from '@foreshock/kit';
import {
  BREAKER_OUTCOME,
  BREAKER_STATE,
  FALLBACK_REASON,
  POOL_HOLDER_HELD_MS,
  POOL_HOLDER_OPERATION,
  POOL_HOLDER_TRACE_ID,
  POOL_LIMIT,
  POOL_PENDING,
  POOL_USED,
} from '@foreshock/kit/names';
import type { BreakerState, Decision, PolicyCall, PolicyKind, Slots } from './events.ts';
import type { OpeningSpans } from './opening-spans.ts';
import type { OwnedCalls } from './owned-calls.ts';
import type { ResilienceMetrics } from './resilience-metrics.ts';

type Result = 'success' | 'failure' | 'fallback';
type Outcome = Result | 'timeout' | 'rejected';

/** `timeout.name`, `timeout.outcome` etc. */
const PREFIX: Readonly<Record<PolicyKind, string>> = {
  breaker: 'circuitbreaker',
  timeout: 'timeout',
  bulkhead: 'bulkhead',
  fallback: 'fallback',
};

export class DecidedCall implements PolicyCall {
  readonly #policy: object;
  readonly #kind: PolicyKind;
  readonly #name: string | undefined;
  readonly #calls: OwnedCalls<PolicyCall>;
  readonly #openings: OpeningSpans;
  readonly #metrics: ResilienceMetrics;
  readonly #telemetry: Telemetry;
  /** Bulkheads run queued calls in another's context. */
  readonly #context: Context = context.active();
  readonly #start = performance.now();
  #state: BreakerState | undefined;
  #decision: Decision | undefined;
  #full: Attributes | undefined;
  /** A slot's holder, or the breaker's opening. */
  #cause: Link | undefined;
  #fellBack = false;
  #ended = false;
  /** Calls that received this result. */
  #followers: DecidedCall[] | undefined;
  #shared: { decision?: Decision | undefined; result?: Result; error?: unknown } = {};

  constructor(
    policy: object,
    kind: PolicyKind,
    name: string | undefined,
    calls: OwnedCalls<PolicyCall>,
    openings: OpeningSpans,
    metrics: ResilienceMetrics,
    telemetry: Telemetry,
  ) {
    this.#policy = policy;
    this.#kind = kind;
    this.#name = name;
    this.#calls = calls;
    this.#openings = openings;
    this.#metrics = metrics;
    this.#telemetry = telemetry;
  }

  /** Later inner calls leave the caller alone. */
  get over(): boolean {
    return this.#ended;
  }

  begin(state: BreakerState): Caller {
    return new Caller(guard('a call through a policy', () => this.#inside(state)) ?? this.#context);
  }

  #inside(state: BreakerState): Context {
    this.#state = state;
    const where = this.#calls.within(this.#context, this.#policy, this);
    if (this.#kind !== 'breaker') return where;
    return withContextAttributes(where, { ...this.#named(), [BREAKER_STATE]: state }, this);
  }

  fallBack(): Caller {
    this.#fellBack = true;
    if (this.#kind !== 'breaker') return new Caller(this.#context);
    const attributes: Attributes = { ...this.#named(), [BREAKER_OUTCOME]: 'fallback' satisfies Outcome };
    if (this.#state) attributes[BREAKER_STATE] = this.#state;
    return new Caller(withContextAttributes(this.#context, attributes));
  }

  #named(): Attributes {
    return this.#name === undefined ? {} : { [`${PREFIX[this.#kind]}.name`]: this.#name };
  }

  decided(decision: Decision, slots?: Slots): void {
    this.#decision = decision;
    if (decision === 'open') {
      this.#state ??= 'open';
      this.#cause = this.#openings.linkOf(this.#policy, this.#context);
    }
    if (slots) this.#fullAt(slots);
  }

  #fullAt({ used, limit, pending, holder }: Slots): void {
    const full: Attributes = (this.#full = { [POOL_USED]: used, [POOL_LIMIT]: limit });
    if (pending !== undefined) full[POOL_PENDING] = pending;
    if (!holder) return;
    const { heldMs, spanContext, operation } = (holder as DecidedCall).#held();
    full[POOL_HOLDER_HELD_MS] = heldMs;
    if (operation !== undefined) full[POOL_HOLDER_OPERATION] = operation;
    if (!spanContext) return;
    full[POOL_HOLDER_TRACE_ID] = spanContext.traceId;
    // A caller may hold the slot itself; Jaeger takes such a link for the parent.
    if (spanContext.spanId !== trace.getSpanContext(this.#context)?.spanId) this.#cause = { context: spanContext };
  }

  #held() {
    const span = trace.getSpan(this.#context);
    // SDK spans have a readable name.
    const { name } = (span ?? {}) as { name?: unknown };
    return {
      heldMs: roundMs(performance.now() - this.#start),
      spanContext: span?.spanContext(),
      operation: typeof name === 'string' ? name : undefined,
    };
  }

  joins(other: PolicyCall): void {
    (other as DecidedCall).#shareWith(this);
  }

  #shareWith(follower: DecidedCall): void {
    const { decision, result, error } = this.#shared;
    if (result === undefined) (this.#followers ??= []).push(follower);
    else follower.#endAs(decision, result, error);
  }

  #endAs(decision: Decision | undefined, result: Result, error: unknown): void {
    if (decision) this.decided(decision);
    this.ended(result, error);
  }

  ended(result: Result, error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const decision = this.#decision;
    this.#shared = { decision, result, error };
    for (const follower of this.#followers?.splice(0) ?? []) follower.#endAs(decision, result, error);
    const kind = this.#kind;
    const outcome = this.#outcomeOf(result);
    if (kind === 'breaker') this.#metrics.called(this.#name, outcome);
    if (outcome === 'fallback') noteDegraded(this.#context, 'fallback', this.#name);
    // Plainly permitted: no span.
    if (!decision && !this.#fellBack && outcome !== 'fallback') return;
    const why = decision ?? 'fallback';
    const attributes: Attributes = { ...this.#named(), [`${PREFIX[kind]}.outcome`]: outcome, ...this.#full };
    if (kind === 'breaker' && this.#state) attributes[BREAKER_STATE] = this.#state;
    const type = error !== undefined ? errorTypeOf(error) : decision === 'timeout' ? 'timeout' : undefined;
    // After a fallback the caller has no error; its cause is recorded.
    if (type !== undefined) attributes[outcome === 'fallback' ? FALLBACK_REASON : 'error.type'] = type;
    const failure = outcome === 'fallback' ? undefined : errorMessageOf(error);
    // A failure before a fallback has its own spans.
    const start = decision ? this.#start : performance.now();
    this.#record(why === kind ? '' : why, attributes, start, failure);
  }

  /** Failed fallback: error. */
  #outcomeOf(result: Result): Outcome {
    if (result === 'fallback') return 'fallback';
    if (this.#fellBack) return result;
    return this.#decision === 'timeout' ? 'timeout' : this.#decision ? 'rejected' : result;
  }

  /** @param failure the caller's message, if any */
  #record(what: string, attributes: Attributes, startTime: number, failure?: string): void {
    if (isSuppressed(this.#context)) return;
    const name = [this.#kind, this.#name, what].filter(Boolean).join(' ');
    const span = this.#telemetry.tracer.startSpan(
      name,
      { kind: SpanKind.INTERNAL, attributes, startTime, ...(this.#cause && { links: [this.#cause] }) },
      this.#context,
    );
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, ...(failure && { message: failure }) });
    span.end(performance.now());
  }
}
