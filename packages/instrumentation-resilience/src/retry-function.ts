import { enter, guard, leave, whenSettled, type Hooks } from '@foreshock/kit';
import type { ResilienceEvents, Retry } from './events.ts';

type AnyFunction = (this: unknown, ...args: any[]) => any;

/** A library that is one function: what to try, and how often. */
export interface RetryFunction {
  readonly library: string;
  /** The first attempt included; undefined: no limit. */
  maxAttempts(options: any): number | undefined;
  /** Whether the library gives up at once when an attempt fails so. */
  isFinal(error: any): boolean;
  /** The arguments of an attempt, where the library hands over more to watch than the number. */
  watchArguments?(args: unknown[], retry: Retry): unknown[];
}

/** `retries` of an option, as the attempts it allows. */
export function attemptsOf(retries: unknown): number | undefined {
  if (retries === undefined) retries = 10; // of `retry`, and kept by all that came after it
  return Number.isSafeInteger(retries) ? (retries as number) + 1 : undefined;
}

/** The library's function, under watch: it calls the original once and returns what that returned. */
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
        // In this one frame: each of ours costs a stack trace one of the application's.
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
