import { preceded, type Adapter, type AnyFunction } from '@foreshock/kit';
import type { ResilienceEvents } from '../../events.ts';
import { attemptsOf, observedRetries, type RetryFunction } from '../../retry-function.ts';

const ASYNC_RETRY: RetryFunction = {
  library: 'async-retry',
  maxAttempts: (options?: { retries?: unknown; forever?: unknown }) =>
    options?.forever ? undefined : attemptsOf(options?.retries),
  isFinal: (error?: { bail?: unknown }) => Boolean(error?.bail),
  /** `bail` ends it, whatever `fn` returns. */
  observeArguments(args, retry) {
    const bails = (_self: unknown, [error]: unknown[]): void => retry.ended('failure', error);
    if (typeof args[0] === 'function') args[0] = preceded(args[0] as AnyFunction, bails, 'async-retry');
  },
};

/** async-retry exports one function. */
export const asyncRetry: Adapter<ResilienceEvents> = {
  library: ASYNC_RETRY.library,
  versions: '>=1.2.3 <2',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'attempts, delay, `bail`',
  attach(resilience, hooks) {
    hooks.onLoad('async-retry/lib/index.js', ({ replaceExports }) =>
      replaceExports?.((original) => observedRetries(original, ASYNC_RETRY, resilience, hooks)),
    );
  },
};
