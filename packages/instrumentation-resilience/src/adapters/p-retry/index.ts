import type { Adapter, AnyFunction } from '@foreshock/kit';
import type { ResilienceEvents } from '../../events.ts';
import { attemptsOf, observedRetries, type RetryFunction } from '../../retry-function.ts';

const P_RETRY: RetryFunction = {
  library: 'p-retry',
  maxAttempts: (options?: { retries?: unknown; forever?: unknown }) =>
    options?.forever ? undefined : attemptsOf(options?.retries),
  // AbortError wraps the caller's error.
  isFinal: (error?: { name?: unknown; originalError?: unknown }) =>
    error?.name === 'AbortError' && error.originalError !== undefined,
};

/** p-retry: one function, from 5 an ES module binding, in 4 CommonJS exports. */
export const pRetry: Adapter<ResilienceEvents> = {
  library: P_RETRY.library,
  versions: '>=4.0.0 <10',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'attempts, delay, `AbortError`',
  attach(resilience, hooks) {
    hooks.onLoad(
      'p-retry/index.js',
      ({ rebind, replaceExports }) => {
        const observed = (original: AnyFunction): any => observedRetries(original, P_RETRY, resilience, hooks);
        if (rebind) return rebind('pRetry', observed);
        return replaceExports?.((original) => {
          const replacement = observed(original);
          // `exports.default = pRetry`, for TypeScript.
          replacement.default = replacement;
          return replacement;
        });
      },
      { bindings: ['pRetry'] },
    );
  },
};
