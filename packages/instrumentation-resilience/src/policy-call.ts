import { context, SpanKind, SpanStatusCode, type Attributes, type Context } from '@opentelemetry/api';
import {
  errorMessageOf,
  errorTypeOf,
  guard,
  isSuppressed,
  roundMs,
  runIn,
  withFacts,
  type Telemetry,
} from '@foreshock/kit';
import {
  BREAKER_NAME,
  BREAKER_OUTCOME,
  BREAKER_STATE,
  FALLBACK_REASON,
  POOL_LIMIT,
  POOL_PENDING,
  POOL_USED,
  POOL_WAIT_MS,
} from '@foreshock/kit/names';
import type { BreakerState, Decision, PolicyCall, PolicyKind } from './events.ts';
import type { OwnedCalls } from './owned-calls.ts';
import type { ResilienceMetrics } from './resilience-metrics.ts';

const PLACE = 'a call through a policy';

type Outcome = 'success' | 'failure' | 'timeout' | 'rejected' | 'fallback';

/** Attributes of the other policies follow the breaker's: `timeout.name`, `timeout.outcome`. */
const PREFIX: Readonly<Record<PolicyKind, string>> = {
  breaker: 'circuitbreaker',
  timeout: 'timeout',
  bulkhead: 'bulkhead',
  fallback: 'fallback',
};

/** One call through a policy: the context of what it protects, and a span of its own for what was decided about it. */
export class DecidedCall implements PolicyCall {
  readonly #policy: object;
  readonly #kind: PolicyKind;
  readonly #name: string;
  readonly #calls: OwnedCalls<PolicyCall>;
  readonly #metrics: ResilienceMetrics;
  readonly #telemetry: Telemetry;
  /** Where the caller was: a bulkhead runs what stood in line where the one before it finished. */
  readonly #context: Context = context.active();
  readonly #start = performance.now();
  #state: BreakerState | undefined;
  #line: { used: number; limit: number; pending: number } | undefined;
  #decision: Decision | undefined;
  #ended = false;

  constructor(
    policy: object,
    kind: PolicyKind,
    name: string,
    calls: OwnedCalls<PolicyCall>,
    metrics: ResilienceMetrics,
    telemetry: Telemetry,
  ) {
    this.#policy = policy;
    this.#kind = kind;
    this.#name = name;
    this.#calls = calls;
    this.#metrics = metrics;
    this.#telemetry = telemetry;
  }

  /** Whether it has been decided: what the caller gets by now is no matter of calls still made inside. */
  get over(): boolean {
    return this.#ended;
  }

  run<A extends unknown[], R>(state: BreakerState, fn: (...args: A) => R, self: unknown, args: A): R {
    return runIn(guard(PLACE, () => this.#inside(state)) ?? this.#context, fn, self, args);
  }

  #inside(state: BreakerState): Context {
    this.#state = state;
    if (this.#line) this.#waited(this.#line);
    const where = this.#calls.within(this.#context, this.#policy, this);
    if (this.#kind !== 'breaker') return where;
    return withFacts(where, { [BREAKER_NAME]: this.#name, [BREAKER_STATE]: state }, this);
  }

  fallBack<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    const facts: Attributes = { [BREAKER_NAME]: this.#name, [BREAKER_OUTCOME]: 'fallback' satisfies Outcome };
    if (this.#state) facts[BREAKER_STATE] = this.#state;
    return runIn(withFacts(this.#context, facts), fn, self, args);
  }

  waiting(line: { used: number; limit: number; pending: number }): void {
    this.#line = line;
  }

  #waited({ used, limit, pending }: { used: number; limit: number; pending: number }): void {
    this.#line = undefined;
    const attributes = {
      [`${PREFIX[this.#kind]}.name`]: this.#name,
      [POOL_USED]: used,
      [POOL_LIMIT]: limit,
      [POOL_PENDING]: pending,
      [POOL_WAIT_MS]: roundMs(performance.now() - this.#start),
    };
    this.#record(`${this.#kind} ${this.#name} wait`, attributes, this.#start);
  }

  decided(decision: Decision): void {
    this.#decision = decision;
    if (decision === 'open') this.#state ??= 'open';
  }

  ended(result: 'success' | 'failure' | 'fallback', error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const decision = this.#decision;
    const kind = this.#kind;
    const outcome: Outcome =
      result === 'fallback' ? 'fallback' : decision === 'timeout' ? 'timeout' : decision ? 'rejected' : result;
    if (kind === 'breaker') this.#metrics.called(this.#name, outcome);
    // A call that was let through, and came back, carries all there is to say itself.
    if (!decision && outcome !== 'fallback') return;
    const why = decision ?? 'fallback';
    const attributes: Attributes = {
      [`${PREFIX[kind]}.name`]: this.#name,
      [`${PREFIX[kind]}.outcome`]: outcome,
    };
    if (kind === 'breaker' && this.#state) attributes[BREAKER_STATE] = this.#state;
    const type = error !== undefined ? errorTypeOf(error) : decision === 'timeout' ? 'timeout' : undefined;
    // Who got an answer in the end has no error; what was wrong is still worth knowing.
    if (type !== undefined) attributes[outcome === 'fallback' ? FALLBACK_REASON : 'error.type'] = type;
    const failure = outcome === 'fallback' ? undefined : errorMessageOf(error);
    // What failed before a fallback has its own spans; what was cut off or turned away took until now.
    const start = decision ? this.#start : performance.now();
    this.#record(`${kind} ${this.#name}${why === kind ? '' : ` ${why}`}`, attributes, start, failure);
  }

  /** @param failure message of the error the caller gets, if it gets one */
  #record(name: string, attributes: Attributes, startTime: number, failure?: string): void {
    if (isSuppressed(this.#context)) return;
    const span = this.#telemetry.tracer.startSpan(
      name,
      { kind: SpanKind.INTERNAL, attributes, startTime },
      this.#context,
    );
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, ...(failure && { message: failure }) });
    span.end(performance.now());
  }
}
