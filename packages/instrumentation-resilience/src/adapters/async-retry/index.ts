import { guard, type Adapter } from '@foreshock/kit';
import type { ResilienceEvents } from '../../events.ts';
import { attemptsOf, watchRetryFunction, type RetryFunction } from '../../retry-function.ts';

const ASYNC_RETRY: RetryFunction = {
  library: 'async-retry',
  maxAttempts: (options?: { retries?: unknown; forever?: unknown }) =>
    options?.forever ? undefined : attemptsOf(options?.retries),
  isFinal: (error?: { bail?: unknown }) => Boolean(error?.bail),
  /** `bail` ends the operation, whatever `fn` returns. */
  watchArguments([bail, ...rest], retry) {
    if (typeof bail !== 'function') return [bail, ...rest];
    const watched = (...args: unknown[]): unknown => {
      guard('async-retry', () => retry.ended('failure', args[0]));
      return bail(...args);
    };
    return [watched, ...rest];
  },
};

/** async-retry: its only file exports one function. */
export const asyncRetry: Adapter<ResilienceEvents> = {
  library: ASYNC_RETRY.library,
  versions: '>=1.2.3 <2',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'attempts, delay, `bail`',
  attach(resilience, hooks) {
    hooks.onLoad('async-retry/lib/index.js', ({ exports, replaceExports }) =>
      replaceExports?.(watchRetryFunction(exports, ASYNC_RETRY, resilience, hooks)),
    );
  },
};
