import {
  dependencies,
  HandOver,
  observed,
  replacementOf,
  type AnyFunction,
  type Attachment,
  type Hooks,
  type MethodCalls,
  type Runner,
} from '@foreshock/kit';
import type { ResilienceEvents, Retry } from './events.ts';

export interface RetryFunction {
  readonly library: string;
  /** First included; undefined: no limit. */
  maxAttempts(options: any): number | undefined;
  /** Whether this error ends the retries. */
  isFinal(error: any): boolean;
  /** May change an attempt's. */
  observeArguments?(args: unknown[], retry: Retry): void;
}

/** By the option `retries`. */
export function attemptsOf(retries: unknown): number | undefined {
  if (retries === undefined) retries = 10; // of `retry`, and kept by all that came after it
  return Number.isSafeInteger(retries) ? (retries as number) + 1 : undefined;
}

/** From these functions to `retry`'s operations, by which async-retry and p-retry up to 6 do their work at once. */
const retryOfCaller = new HandOver<Retry>();

/** Whether another library retries by what is called now. */
export function takeRetryOfCaller(): boolean {
  return retryOfCaller.take() !== undefined;
}

/** Observes the function that a library's only function retries. */
export function observedRetries(
  original: AnyFunction,
  library: RetryFunction,
  resilience: ResilienceEvents,
  hooks: Hooks,
): AnyFunction {
  return replacementOf(original, resilience, hooks, (fn, attachment) => {
    const begin = (_self: unknown, args: unknown[]): Retry | undefined => {
      const [given, options] = args;
      if (typeof given !== 'function') return undefined;
      dependencies()?.settings.notePolicy(library.library, options);
      const retry = attachment.events.retry(fn, library.library, library.maxAttempts(options));
      args[0] = observedAttempts(given as AnyFunction, library, retry, attachment);
      return retry;
    };
    return observed(fn, { begin, handOver: retryOfCaller }, library.library, attachment);
  });
}

function observedAttempts(
  given: AnyFunction,
  { library, isFinal, observeArguments }: RetryFunction,
  retry: Retry,
  attachment: Attachment<ResilienceEvents>,
): AnyFunction {
  const steps: MethodCalls<Runner> = {
    begin(_self, args: unknown[]) {
      // What the application calls itself is its own.
      retryOfCaller.take();
      observeArguments?.(args, retry);
      return retry.begin();
    },
    within: (attempt) => attempt,
    succeeded: () => retry.ended('success'),
    failed(_attempt, error) {
      retry.failed(error);
      if (isFinal(error)) retry.ended('failure', error);
    },
  };
  return observed(given, steps, library, attachment);
}
