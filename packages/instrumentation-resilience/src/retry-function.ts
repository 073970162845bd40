import { enter, guard, leave, whenSettled, type Hooks } from '@foreshock/kit';
import type { ResilienceEvents, Retry } from './events.ts';

type AnyFunction = (this: unknown, ...args: any[]) => any;

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
      args[0] = function (this: unknown, ...handed: unknown[]) {
        const { context: where } = retry.begin();
        const failed = (error: unknown): void => {
          retry.failed(error);
          if (isFinal(error)) retry.ended('failure', error);
        };
        let result: unknown;
        // An extra frame would displace one of the application's in stack traces.
        const left = enter(where);
        try {
          result = Reflect.apply(given, this, watchArguments?.(handed, retry) ?? handed);
        } catch (error) {
          guard(library, () => failed(error));
          throw error;
        } finally {
          leave(left);
        }
        return whenSettled(result, () => retry.ended('success'), failed);
      };
      return original.apply(this, args);
    };
  });
  return holder.retry;
}
