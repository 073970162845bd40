import { type Adapter } from '@foreshock/kit';
import type { ResilienceEvents } from '../../events.ts';
import { observedRetries, type RetryFunction } from '../../retry-function.ts';

/** Of `getSanitizedOptions` (dist/options.js). */
const DEFAULT_ATTEMPTS = 10;

const EXPONENTIAL_BACKOFF: RetryFunction = {
  library: 'exponential-backoff',
  maxAttempts: ({ numOfAttempts = DEFAULT_ATTEMPTS }: { numOfAttempts?: unknown } = {}) =>
    Number.isSafeInteger(numOfAttempts) ? Math.max(numOfAttempts as number, 1) : undefined,
  // Decided by the option `retry`, later.
  isFinal: () => false,
};

/** exponential-backoff 3: dist/backoff.js exports one function, CommonJS only. */
export const exponentialBackoff: Adapter<ResilienceEvents> = {
  library: EXPONENTIAL_BACKOFF.library,
  versions: '>=3.0.0 <4',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'attempts, delay; one that its option `retry` gave up has its summary as its caller ends',
  attach(resilience, hooks) {
    hooks.onLoad('exponential-backoff/dist/backoff.js', ({ exports }) => {
      hooks.wrap(exports, 'backOff', (original: any) =>
        observedRetries(original, EXPONENTIAL_BACKOFF, resilience, hooks),
      );
    });
  },
};
