import { guard, observed, type AnyFunction, type Hooks, type MethodCalls, type Runner } from '@foreshock/kit';
import type { ResilienceEvents, Retry } from './events.ts';

export interface RetryFunction {
  readonly library: string;
  /** First included; undefined: no limit. */
  maxAttempts(options: any): number | undefined;
  /** Whether this error ends the retries. */
  isFinal(error: any): boolean;
  watchArguments?(args: unknown[], retry: Retry): unknown[];
}

/** Maximum attempts for the option `retries`. */
export function attemptsOf(retries: unknown): number | undefined {
  if (retries === undefined) retries = 10; // of `retry`, and kept by all that came after it
  return Number.isSafeInteger(retries) ? (retries as number) + 1 : undefined;
}

/** Calls the original once and returns its result. */
export function watchRetryFunction(
  original: AnyFunction,
  { library, maxAttempts, isFinal, watchArguments }: RetryFunction,
  resilience: ResilienceEvents,
  hooks: Hooks,
): AnyFunction {
  const holder = { retry: original };
  hooks.wrap(holder, 'retry', () => {
    return function (this: unknown, ...args: unknown[]) {
      const [given, options] = args;
      if (!hooks.active || typeof given !== 'function') return original.apply(this, args);
      const retry = guard(library, () => resilience.retry(holder, library, maxAttempts(options)));
      if (!retry) return original.apply(this, args);
      const steps: MethodCalls<Runner> = {
        begin(_self, handed: unknown[]) {
          handed.splice(0, handed.length, ...(watchArguments?.(handed, retry) ?? handed));
          return retry.begin();
        },
        within: (attempt) => attempt,
        succeeded: () => retry.ended('success'),
        failed(_attempt, error) {
          retry.failed(error);
          if (isFinal(error)) retry.ended('failure', error);
        },
      };
      args[0] = observed(given as AnyFunction, steps, library, hooks);
      return original.apply(this, args);
    };
  });
  return holder.retry;
}
