import { BriefHandOver, dependencies, type Adapter } from '@foreshock/kit';
import type { ResilienceEvents, Retry } from '../../events.ts';

const NAME = 'got';

/** got 14.6.1–16 (dist/source/core/index.js), one per attempt. */
interface GotRequest {
  readonly _requestId: string;
  readonly retryCount: number;
  readonly options?: { method?: string; retry?: { limit?: number; methods?: readonly string[] }; timeout?: unknown };
}

interface RequestMessage {
  requestId: string;
}

interface RetryMessage extends RequestMessage {
  error: unknown;
  delay: number;
}

interface ResponseMessage extends RequestMessage {
  statusCode: number;
}

/** Aborted, they send nothing final. */
const MAX_REQUESTS = 10_000;

/** got: channels report; only `flush` can set a context. */
export const got: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=14.6.1 <17',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'attempts, delay, of promises and streams',
  attach(resilience, hooks) {
    const owner = {};
    const retries = new Map<string, Retry>();
    /** From an attempt's end to the next request in the same turn; a body may prevent it. */
    const next = new BriefHandOver<Retry>();

    function remember(id: string, retry: Retry): void {
      if (retries.size >= MAX_REQUESTS) retries.delete(retries.keys().next().value as string);
      retries.set(id, retry);
    }

    function take(id: string): Retry | undefined {
      const retry = retries.get(id);
      retries.delete(id);
      return retry;
    }

    hooks.onLoad('got/dist/source/core/index.js', ({ exports }) => {
      hooks.calls(exports.default.prototype, 'flush', {
        begin: (request: GotRequest) => begin(request)?.begin(),
        within: (attempt) => attempt,
      });
    });

    function begin({ _requestId: id, retryCount, options }: GotRequest): Retry | undefined {
      const { limit, methods } = options?.retry ?? {};
      dependencies()?.settings.notePolicy(NAME, { retry: options?.retry, timeout: options?.timeout });
      const known = retries.get(id);
      // A request created in between is not the retry.
      if (known && retryCount === 0) retries.delete(id);
      // A stream's later retry cannot be matched.
      if (!limit || (retryCount > 0 && !known)) return undefined;
      // `calculateDelay` may override it (dist/source/core/index.js).
      const isCertain = methods?.includes(options?.method ?? 'GET') !== false;
      const retry = (retryCount > 0 && known) || resilience.retry(owner, NAME, limit + 1, isCertain);
      remember(id, retry);
      return retry;
    }

    hooks.onChannel<RetryMessage>('got:request:retry', ({ requestId, error, delay }) => {
      const retry = take(requestId);
      retry?.failed(error, delay);
      next.offer(retry);
    });
    hooks.onChannel<RequestMessage>('got:request:create', ({ requestId }) => {
      const retry = next.take();
      if (retry) remember(requestId, retry);
    });
    hooks.onChannel<ResponseMessage>('got:response:end', ({ requestId, statusCode }) => {
      // Others: retried, redirected or thrown.
      if (statusCode < 300 || statusCode === 304) take(requestId)?.ended('success');
    });
    hooks.onChannel<RetryMessage>('got:request:error', ({ requestId, error }) => {
      take(requestId)?.ended('failure', error);
    });
  },
};
