import { types } from 'node:util';
import {
  BriefHandOver,
  dependencies,
  guard,
  plainSettings,
  whenSettled,
  type Adapter,
  type AnyFunction,
  type Hooks,
} from '@foreshock/kit';
import type { BreakerState, ChangeReason, PolicyCall, ResilienceEvents, Slots } from '../../events.ts';

/** lib/circuit.js of opossum 6–10. */
interface CircuitBreaker {
  readonly options: { name?: unknown; capacity?: number };
  /** `lib/semaphore.js`: free. */
  readonly semaphore: { count: number };
  readonly action: { name?: unknown };
  readonly closed: boolean;
  readonly halfOpen: boolean;
  readonly enabled: boolean;
  readonly isShutdown: boolean;
}

const NAME = 'opossum';

/** Events that cause a change: `fail` and `healthCheck` of lib/circuit.js, and a listener to `success`. */
const CAUSES: Record<'open' | 'close', Record<string, ChangeReason>> = {
  open: { failure: 'failures', healthCheckFailed: 'health_check' },
  close: { success: 'probe' },
};

/** opossum, by `emit`: no extra listeners. */
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

/** Defaults are random. */
function nameOf({ options, action }: CircuitBreaker): string | undefined {
  const name = options.name || action?.name;
  if (typeof name !== 'string') return undefined;
  return name.replace(/^(?:bound )+/, '') || undefined;
}

function settingsOf(breaker: CircuitBreaker) {
  return { name: nameOf(breaker), values: plainSettings(breaker.options) };
}

function stateOf(breaker: CircuitBreaker): BreakerState {
  return breaker.closed ? 'closed' : breaker.halfOpen ? 'half_open' : 'open';
}

/** Default `capacity`: `Number.MAX_SAFE_INTEGER`. */
function isLimited(breaker: CircuitBreaker): breaker is CircuitBreaker & { options: { capacity: number } } {
  return breaker.options.capacity! < Number.MAX_SAFE_INTEGER;
}

function usedOf({ options, semaphore }: CircuitBreaker): number {
  return options.capacity! - semaphore.count;
}

function wrapBreaker(prototype: any, resilience: ResilienceEvents, hooks: Hooks): void {
  const withFallback = new WeakSet<object>();
  /** To match coalesced calls. */
  const callsOf = new WeakMap<object, PolicyCall>();
  const coalesced = new WeakSet<PolicyCall>();
  const refused = new WeakSet<PolicyCall>();
  const answering = new WeakSet<PolicyCall>();
  /** The last event of this turn that may cause a change. */
  const latest = new BriefHandOver<{ breaker: CircuitBreaker; event: string }>();
  /** Events seen, and whether one was followed by its change at once. */
  const isFollowed = new Map<string, boolean>();
  /** For a capacity; oldest first. */
  const running = new WeakMap<CircuitBreaker, Set<PolicyCall>>();

  function begins(breaker: CircuitBreaker, call: PolicyCall): void {
    if (!isLimited(breaker)) return;
    let calls = running.get(breaker);
    if (!calls) running.set(breaker, (calls = new Set()));
    // A non-native promise hid some ends' context: holders are unknown.
    if (calls.size > usedOf(breaker)) calls.clear();
    calls.add(call);
  }

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

  hooks.calls(prototype, 'call', {
    begin(breaker: CircuitBreaker) {
      dependencies()?.settings.note(NAME, breaker, settingsOf);
      if (!breaker.enabled || breaker.isShutdown) return undefined;
      const call = resilience.call(breaker, 'breaker', nameOf(breaker));
      if (call) begins(breaker, call);
      return call && { call, inside: call.begin(stateOf(breaker)) };
    },
    within: ({ inside }) => inside,
    returned: ({ call }, result) => returned(call, result),
  });

  hooks.before(prototype, 'fallback', (breaker: CircuitBreaker, args) => {
    withFallback.add(breaker);
    const [fallback] = args;
    // A breaker fallback is observed itself.
    if (typeof fallback === 'function') args[0] = observedFallback(breaker, fallback as AnyFunction);
  });

  function observedFallback(breaker: CircuitBreaker, fallback: AnyFunction): AnyFunction {
    // By hand: replaces a promise the caller holds, see `answered`.
    return (...args) => {
      const call = hooks.active ? guard(NAME, () => resilience.callHere(breaker)) : undefined;
      if (!call) return Reflect.apply(fallback, fallback, args);
      let answer: unknown;
      try {
        answer = call.fallBack().run(fallback, fallback, args);
      } catch (error) {
        guard(NAME, () => call.ended('failure', error));
        throw error;
      }
      return types.isPromise(answer) ? answered(call, answer, args.at(-1)) : answer;
    };
  }

  /** `fallback` comes before it settles. */
  function answered(call: PolicyCall, answer: Promise<unknown>, reason: unknown): unknown {
    answering.add(call);
    const succeeded = (): void => call.ended('fallback', reason);
    const failed = (error: unknown): void => call.ended('failure', error);
    // opossum handles this promise. With an open circuit the caller holds it.
    if (!refused.has(call)) return whenSettled(answer, succeeded, failed);
    return answer.then(
      (value) => (guard(NAME, succeeded), value),
      (error: unknown) => {
        guard(NAME, () => failed(error));
        throw error;
      },
    );
  }

  hooks.before(prototype, 'emit', (breaker: CircuitBreaker, [event, ...args]) => emitted(breaker, event, args));

  function mayCause(breaker: CircuitBreaker, event: string): void {
    const state = stateOf(breaker);
    if (event === 'success' ? state !== 'half_open' : state === 'open') return;
    if (!isFollowed.has(event)) isFollowed.set(event, false);
    latest.offer({ breaker, event });
  }

  /** Forced if nothing has caused it; unknown where opossum may await. */
  function reasonOf(breaker: CircuitBreaker, change: 'open' | 'close'): ChangeReason | undefined {
    const causes = CAUSES[change];
    const last = latest.offered;
    const reason = last?.breaker === breaker ? causes[last.event] : undefined;
    if (reason) isFollowed.set(last!.event, true);
    return reason ?? (Object.keys(causes).some((event) => isFollowed.get(event) === false) ? undefined : 'forced');
  }

  function opened(breaker: CircuitBreaker): void {
    const reason = reasonOf(breaker, 'open');
    const byTimer = reason === 'health_check' || (!reason && isFollowed.get('healthCheckFailed') === false);
    resilience.changed(breaker, nameOf(breaker), 'open', reason, byTimer);
  }

  function emitted(breaker: CircuitBreaker, event: unknown, args: unknown[]): void {
    switch (event) {
      case 'open':
        return opened(breaker);
      case 'close':
        return resilience.changed(breaker, nameOf(breaker), 'closed', reasonOf(breaker, 'close'));
      case 'halfOpen':
        return resilience.changed(breaker, nameOf(breaker), 'half_open', 'reset_timeout', true);
      case 'healthCheckFailed':
        return mayCause(breaker, event);
      case 'reject':
      case 'semaphoreLocked':
      case 'timeout':
      case 'success':
      case 'failure':
      case 'cacheHit':
      case 'coalesceCacheHit':
      case 'fallback': {
        if (event === 'success' || event === 'failure') mayCause(breaker, event);
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

/** handleError of lib/circuit.js: the decision, then `failure` (or `success`), then any `fallback`. */
function decide(call: PolicyCall, event: string, args: unknown[], hasFallback: boolean): void {
  switch (event) {
    case 'reject':
      call.decided('open');
      // No `failure` follows.
      if (!hasFallback) call.ended('failure', args[0]);
      return;
    case 'timeout':
      return call.decided('timeout');
    // By an earlier success.
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
