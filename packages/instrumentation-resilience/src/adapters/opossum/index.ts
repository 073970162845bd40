import { types } from 'node:util';
import { enter, guard, leave, whenSettled, type Adapter, type AnyFunction, type Hooks } from '@foreshock/kit';
import type { BreakerState, ChangeReason, PolicyCall, ResilienceEvents, Slots } from '../../events.ts';

/** What of opossum's `CircuitBreaker` (lib/circuit.js, 6–10) is read. */
interface CircuitBreaker {
  readonly options: { name?: unknown; capacity?: number };
  /** `lib/semaphore.js`: `count` slots are free. */
  readonly semaphore: { count: number };
  readonly action: { name?: unknown };
  readonly closed: boolean;
  readonly halfOpen: boolean;
  readonly enabled: boolean;
  readonly isShutdown: boolean;
}

const NAME = 'opossum';

const REASONS: Record<string, ChangeReason> = {
  failure: 'failures',
  success: 'probe',
  healthCheckFailed: 'health_check',
};

/**
 * opossum: a breaker tells everything by its own events. They are heard at `emit`, so that no breaker has
 * listeners it would not have without us.
 */
export const opossum: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=6.0.0 <11',
  upstream: [],
  shows: ['spans', 'state', 'parent'],
  summary: 'state on the calls inside, refused, timed out, full, fallen back, every change of state',
  attach(resilience, hooks) {
    hooks.onLoad('opossum/lib/circuit.js', ({ exports: Breaker }) => wrapBreaker(Breaker.prototype, resilience, hooks));
  },
};

/** Without a name opossum makes one up at random, anew in each process: no good for telling breakers apart. */
function nameOf({ options, action }: CircuitBreaker): string | undefined {
  const name = options.name || action?.name;
  if (typeof name !== 'string') return undefined;
  return name.replace(/^(?:bound )+/, '') || undefined;
}

function stateOf(breaker: CircuitBreaker): BreakerState {
  return breaker.closed ? 'closed' : breaker.halfOpen ? 'half_open' : 'open';
}

/** Without `capacity` it is `Number.MAX_SAFE_INTEGER`. */
function isLimited(breaker: CircuitBreaker): breaker is CircuitBreaker & { options: { capacity: number } } {
  return breaker.options.capacity! < Number.MAX_SAFE_INTEGER;
}

function usedOf({ options, semaphore }: CircuitBreaker): number {
  return options.capacity! - semaphore.count;
}

function wrapBreaker(prototype: any, resilience: ResilienceEvents, hooks: Hooks): void {
  const withFallback = new WeakSet<object>();
  /** The call that a promise is the result of, and calls that are given one of another. */
  const callsOf = new WeakMap<object, PolicyCall>();
  const coalesced = new WeakSet<PolicyCall>();
  const refused = new WeakSet<PolicyCall>();
  const answering = new WeakSet<PolicyCall>();
  /** What a breaker has just emitted, before it acts on it: until the microtask after. */
  let latest: { breaker: CircuitBreaker; event: unknown } | undefined;
  /** Of breakers that let only so many calls run at once: those that run, the oldest first. */
  const running = new WeakMap<CircuitBreaker, Set<PolicyCall>>();

  function begins(breaker: CircuitBreaker, call: PolicyCall): void {
    if (!isLimited(breaker)) return;
    let calls = running.get(breaker);
    if (!calls) running.set(breaker, (calls = new Set()));
    // Ends that came where no call is known (a promise of another kind loses the context): who runs is not known any more.
    if (calls.size > usedOf(breaker)) calls.clear();
    calls.add(call);
  }

  /** The state of a breaker that has no slot left. */
  function slotsOf(breaker: CircuitBreaker): Slots | undefined {
    if (!isLimited(breaker)) return undefined;
    const { capacity: limit } = breaker.options;
    const [holder] = running.get(breaker) ?? [];
    return { used: usedOf(breaker), limit, holder };
  }

  function returned(call: PolicyCall, result: unknown): void {
    if (!types.isPromise(result)) return;
    const other = callsOf.get(result);
    if (!other) callsOf.set(result, call);
    else if (coalesced.has(call)) call.joins(other);
  }

  // By hand, for stack traces: by `calls` it would be one frame of ours more.
  hooks.wrap(prototype, 'call', (original) => {
    return function (this: CircuitBreaker, ...args: unknown[]) {
      if (!hooks.active || !this.enabled || this.isShutdown) return original.apply(this, args);
      const call = guard(NAME, () => resilience.call(this, 'breaker', nameOf(this)));
      if (!call) return original.apply(this, args);
      let result: unknown;
      guard(NAME, () => begins(this, call));
      const left = enter(call.begin(stateOf(this)).context);
      try {
        result = original.apply(this, args);
      } finally {
        leave(left);
      }
      guard(NAME, () => returned(call, result));
      return result;
    };
  });

  hooks.wrap(prototype, 'fallback', (original) => {
    return function (this: CircuitBreaker, fallback: unknown) {
      if (!hooks.active) return original.call(this, fallback);
      withFallback.add(this);
      // Another breaker as a fallback speaks for itself.
      if (typeof fallback !== 'function') return original.call(this, fallback);
      const breaker = this;
      return original.call(this, function (...args: unknown[]) {
        const call = hooks.active ? guard(NAME, () => resilience.callHere(breaker)) : undefined;
        if (!call) return Reflect.apply(fallback, fallback, args);
        let answer: unknown;
        try {
          answer = call.fallBack().run(fallback as AnyFunction, fallback, args);
        } catch (error) {
          guard(NAME, () => call.ended('failure', error));
          throw error;
        }
        return types.isPromise(answer) ? answered(call, answer, args.at(-1)) : answer;
      });
    };
  });

  /** `fallback` is emitted before the answer of a fallback is there. */
  function answered(call: PolicyCall, answer: Promise<unknown>, reason: unknown): unknown {
    answering.add(call);
    const succeeded = (): void => call.ended('fallback', reason);
    const failed = (error: unknown): void => call.ended('failure', error);
    // opossum takes it over, except where the circuit is open: there it is the caller's own, and a handler of ours
    // would hide that the caller has none.
    if (!refused.has(call)) return whenSettled(answer, succeeded, failed);
    return answer.then(
      (value) => (guard(NAME, succeeded), value),
      (error: unknown) => {
        guard(NAME, () => failed(error));
        throw error;
      },
    );
  }

  hooks.before(prototype, 'emit', (breaker: CircuitBreaker, [event, ...args]) => heard(breaker, event, args));

  function emitted(breaker: CircuitBreaker, event: unknown): void {
    if (!latest) queueMicrotask(() => (latest = undefined));
    latest = { breaker, event };
  }

  /** It opens right after `failure` (`fail` of lib/circuit.js), and closes by a listener to `success`; all else is told to. */
  function reasonOf(breaker: CircuitBreaker): ChangeReason {
    return REASONS[latest?.breaker === breaker ? String(latest.event) : ''] ?? 'forced';
  }

  function opened(breaker: CircuitBreaker, reason: ChangeReason): void {
    resilience.changed(breaker, nameOf(breaker), 'open', reason, reason === 'health_check');
  }

  function heard(breaker: CircuitBreaker, event: unknown, args: unknown[]): void {
    switch (event) {
      case 'open':
        return opened(breaker, reasonOf(breaker));
      case 'close':
        return resilience.changed(breaker, nameOf(breaker), 'closed', reasonOf(breaker));
      case 'halfOpen':
        return resilience.changed(breaker, nameOf(breaker), 'half_open', 'reset_timeout', true);
      case 'healthCheckFailed':
        return emitted(breaker, event);
      case 'reject':
      case 'semaphoreLocked':
      case 'timeout':
      case 'success':
      case 'failure':
      case 'cacheHit':
      case 'coalesceCacheHit':
      case 'fallback': {
        if (event === 'success' || event === 'failure') emitted(breaker, event);
        const call = resilience.callHere(breaker);
        if (!call) return;
        running.get(breaker)?.delete(call);
        if (event === 'semaphoreLocked') return call.decided('full', slotsOf(breaker));
        if (event === 'reject') refused.add(call);
        if (event === 'coalesceCacheHit') coalesced.add(call);
        else if (event !== 'fallback' || !answering.has(call)) decide(call, event, args, withFallback.has(breaker));
      }
    }
  }
}

/**
 * What an event says of the call it is about. Their order (handleError of lib/circuit.js): the decision, then
 * `failure` or, for an error that the user's filter let pass, `success`, then `fallback` where there is one.
 */
function decide(call: PolicyCall, event: string, args: unknown[], hasFallback: boolean): void {
  switch (event) {
    case 'reject':
      call.decided('open');
      // No `failure` follows this one.
      if (!hasFallback) call.ended('failure', args[0]);
      return;
    case 'timeout':
      return call.decided('timeout');
    // What was answered before, by a success.
    case 'cacheHit':
    case 'success':
      return call.ended('success');
    case 'failure':
      if (!hasFallback) call.ended('failure', args[0]);
      return;
    case 'fallback':
      return call.ended('fallback', args[1]);
  }
}
