import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { ResilienceEvents } from '../../events.ts';
import { Executions, NAME, type Watched } from './executions.ts';
import { Gates } from './gates.ts';
import { Policies } from './policies.ts';

type Wrapper = (original: (...args: any[]) => any) => (...args: any[]) => any;

/**
 * cockatiel: each policy is a class with one method to call through, `execute`, in a file of its own; ES
 * modules in 4, CommonJS in 3. Prototypes can be changed in both, also behind the namespace that `require` gives.
 */
export const cockatiel: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=3.0.0 <5',
  upstream: [],
  shows: ['spans', 'state', 'parent', 'attempt or hit'],
  summary: 'breaker as of opossum; attempts; time-outs; refusals of a bulkhead; fallbacks; policies in one another',
  attach(resilience, hooks) {
    const executions = new Executions();
    const gates = new Gates(resilience, executions);
    const policies = new Policies(resilience, executions);
    const wrap = (file: string, Class: string, method: string, wrapper: Wrapper): void =>
      hooks.onLoad(`cockatiel/dist/${file}.js`, ({ exports }) => hooks.wrap(exports[Class].prototype, method, wrapper));

    wrap('CircuitBreakerPolicy', 'CircuitBreakerPolicy', 'execute', executing(hooks, gates.breaker));
    wrap('RetryPolicy', 'RetryPolicy', 'execute', executing(hooks, policies.retry));
    wrap('TimeoutPolicy', 'TimeoutPolicy', 'execute', executing(hooks, policies.timeout));
    wrap('BulkheadPolicy', 'BulkheadPolicy', 'execute', executing(hooks, gates.bulkhead));
    wrap('FallbackPolicy', 'FallbackPolicy', 'execute', executing(hooks, policies.fallback));

    // What became of an execution, before the policy acts on it.
    wrap('common/Executor', 'ExecuteWrapper', 'invoke', (original) => {
      return function (this: unknown, work: unknown, ...args: unknown[]) {
        const execution = original.call(this, work, ...args);
        if (hooks.active) guard(NAME, () => executions.invoked(work, execution));
        return execution;
      };
    });
    // Events are heard where they are emitted: a listener of ours would change what `onSuccess` measures.
    wrap('common/Event', 'EventEmitter', 'emit', (original) => {
      return function (this: object, value: unknown) {
        if (hooks.active) guard(NAME, () => executions.emitted(this, value));
        return original.call(this, value);
      };
    });
  },
};

function executing(hooks: Hooks, watch: (policy: any, work: any, signal: any) => Watched | undefined): Wrapper {
  return (original) =>
    function (this: unknown, work: unknown, ...rest: unknown[]) {
      if (!hooks.active || typeof work !== 'function') return original.call(this, work, ...rest);
      const watched = guard(NAME, () => watch(this, work, rest[0]));
      if (!watched) return original.call(this, work, ...rest);
      const args = [watched.work, ...rest];
      const result = watched.run ? watched.run(original, this, args) : original.apply(this, args);
      if (watched.returned) guard(NAME, watched.returned);
      return result;
    };
}
