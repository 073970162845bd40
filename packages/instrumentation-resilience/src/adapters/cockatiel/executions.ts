import { guard, type Caller } from '@foreshock/kit';

export const NAME = 'cockatiel';

export type Work = (...args: any[]) => unknown;

/** How one execution is watched. */
export interface Watched {
  /** What the policy is given to call in place of the caller's function. */
  work: Work;
  /** What the policy's own code is run by; default: just so. */
  within?: () => Caller;
  /** `execute` has returned its promise: what it did not do by now it refused, or put in line. */
  returned?: () => void;
}

/** What `ExecuteWrapper.invoke` (dist/common/Executor.js) makes of an execution. */
export type Execution = { success: unknown } | { value: unknown } | { error: unknown; thrown?: boolean };

/** What of all policies (dist/*Policy.js) is read. */
export interface Policy {
  /** Set by the application: cockatiel's policies have no names. */
  readonly name?: unknown;
}

export function nameOf({ name }: Policy): string | undefined {
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** What is heard of executions and of policies' events, by what the library has in hand when it happens. */
export class Executions {
  readonly #hearers = new WeakMap<Work, (execution: Execution) => void>();
  readonly #emitters = new WeakMap<object, (value: any) => void>();

  /** @param work the function that stands for an execution */
  hear(work: Work, hearer: (execution: Execution) => void): void {
    this.#hearers.set(work, hearer);
  }

  /** @param emitter of a policy, the same for all its executions */
  onEmit(emitter: object, listener: (value: any) => void): void {
    if (!this.#emitters.has(emitter)) this.#emitters.set(emitter, listener);
  }

  /** An execution has begun; the policy awaits this promise of `invoke`, nobody else has it. */
  invoked(work: unknown, execution: Promise<Execution>): void {
    const hear = this.#hearers.get(work as Work);
    if (!hear) return;
    execution.then(
      (result) => void guard(NAME, () => hear(result)),
      (error: unknown) => void guard(NAME, () => hear({ error, thrown: true })),
    );
  }

  emitted(emitter: object, value: unknown): void {
    this.#emitters.get(emitter)?.(value);
  }
}

/** The error of an execution that failed by one, and not by its value. */
export function errorOf(execution: Execution): unknown {
  return 'error' in execution ? execution.error : undefined;
}

/** Whether no policy handles the error: the caller gets it at once. */
export function isThrown(execution: Execution): boolean {
  return 'thrown' in execution && execution.thrown === true;
}
