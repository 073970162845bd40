import { guard, observed, type Caller, type Hooks } from '@foreshock/kit';

export const NAME = 'cockatiel';

export type Work = (...args: any[]) => unknown;

export interface ObservedExecute {
  work: Work;
  within?: () => Caller;
  /** Unstarted calls were refused or queued. */
  returned?: () => void;
}

/** By `ExecuteWrapper.invoke` (dist/common/Executor.js). */
export type Execution = { success: unknown } | { value: unknown } | { error: unknown; thrown?: boolean };

/** dist/*Policy.js. */
export interface Policy {
  /** The application's: cockatiel has none. */
  readonly name?: unknown;
}

export function nameOf({ name }: Policy): string | undefined {
  return typeof name === 'string' && name !== '' ? name : undefined;
}

export class Executions {
  readonly #hooks: Hooks;
  readonly #listeners = new WeakMap<Work, (execution: Execution) => void>();
  readonly #emitters = new WeakMap<object, (value: any) => void>();

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  /** A policy's, as given to `execute`. */
  workOf(given: Work, begin: () => Caller): Work {
    return observed(given, { begin, within: (caller) => caller }, NAME, this.#hooks);
  }

  /** @param work identifies the execution */
  onResult(work: Work, listener: (execution: Execution) => void): void {
    this.#listeners.set(work, listener);
  }

  /** @param emitter one per policy */
  onEmit(emitter: object, listener: (value: any) => void): void {
    if (!this.#emitters.has(emitter)) this.#emitters.set(emitter, listener);
  }

  /** Only the policy holds `invoke`'s promise: a `then` is safe. */
  invoked(work: unknown, execution: Promise<Execution>): void {
    const listener = this.#listeners.get(work as Work);
    if (!listener) return;
    execution.then(
      (result) => void guard(NAME, () => listener(result)),
      (error: unknown) => void guard(NAME, () => listener({ error, thrown: true })),
    );
  }

  emitted(emitter: object, value: unknown): void {
    this.#emitters.get(emitter)?.(value);
  }
}

/** Undefined if failed by value. */
export function errorOf(execution: Execution): unknown {
  return 'error' in execution ? execution.error : undefined;
}

/** At once, to the caller. */
export function isThrown(execution: Execution): boolean {
  return 'thrown' in execution && execution.thrown === true;
}
