import type { Adapter, MethodCalls } from '@foreshock/kit';
import type { ResilienceEvents } from '../../events.ts';
import { Executions, NAME, type ObservedExecute } from './executions.ts';
import { Gates } from './gates.ts';
import { Policies } from './policies.ts';

/** cockatiel: each policy is a class with one entry, `execute`; ES modules in 4, CommonJS in 3. */
export const cockatiel: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=3.0.0 <5',
  upstream: [],
  shows: ['spans', 'state', 'parent', 'attempt or hit'],
  summary: 'breaker as of opossum; attempts; time-outs; refusals of a bulkhead; fallbacks; policies in one another',
  attach(resilience, hooks) {
    const executions = new Executions(hooks);
    const gates = new Gates(resilience, executions);
    const policies = new Policies(resilience, executions);
    const onClass = (file: string, name: string, attach: (prototype: any) => void): void =>
      hooks.onLoad(`cockatiel/dist/${file}.js`, ({ exports }) => attach(exports[name].prototype));
    const onPolicy = (name: string, observe: Observe): void =>
      onClass(name, name, (prototype) => hooks.calls(prototype, 'execute', executing(observe)));

    onPolicy('CircuitBreakerPolicy', gates.breaker);
    onPolicy('RetryPolicy', policies.retry);
    onPolicy('TimeoutPolicy', policies.timeout);
    onPolicy('BulkheadPolicy', gates.bulkhead);
    onPolicy('FallbackPolicy', policies.fallback);

    // Before the policy does.
    onClass('common/Executor', 'ExecuteWrapper', (prototype) =>
      hooks.after(prototype, 'invoke', (execution, _wrapper, [work]) => executions.invoked(work, execution)),
    );
    // Listeners would change `onSuccess`'s measure.
    onClass('common/Event', 'EventEmitter', (prototype) =>
      hooks.before(prototype, 'emit', (emitter, [value]) => executions.emitted(emitter, value)),
    );
  },
};

type Observe = (policy: any, work: any, signal: any) => ObservedExecute | undefined;

function executing(observe: Observe): MethodCalls<ObservedExecute> {
  return {
    begin(policy, args: [unknown, unknown]) {
      const [work, signal] = args;
      if (typeof work !== 'function') return undefined;
      const execute = observe(policy, work, signal);
      if (execute) args[0] = execute.work;
      return execute;
    },
    within: (execute) => execute.within?.(),
    returned: (execute) => execute.returned?.(),
  };
}
