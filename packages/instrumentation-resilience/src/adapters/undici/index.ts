import {
  guard,
  HandOver,
  observed,
  preceded,
  type Adapter,
  type AnyFunction,
  type Caller,
  type Hooks,
} from '@foreshock/kit';
import type { ResilienceEvents, Retry } from '../../events.ts';

const NAME = 'undici';

/** lib/handler/retry-handler.js of undici 6–8, at response's end. */
interface RetryHandler {
  /** From 7, discarded for the next. */
  readonly error?: unknown;
  /** From 8.12, held until decided. */
  readonly pendingResponseData?: unknown;
}

/** Dispatching, without handler yet. */
interface FirstAttempt {
  retry: Retry;
  caller: Caller;
}

interface RetryOptions {
  maxRetries: number;
  /** `(error, context, callback)` */
  retry: AnyFunction;
}

/** Retried by default (lib/handler/retry-handler.js, 6-8); configurable. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

function isRetried(options: unknown): boolean {
  return METHODS.has(String((options as { method?: unknown } | undefined)?.method ?? 'GET').toUpperCase());
}

/**
 * undici's `RetryAgent`, `RetryHandler`, `interceptors.retry`: the handler's constructor sets `dispatch`, which sends
 * again, and `retryOpts`.
 */
export const undici: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=6.21.0 <9',
  upstream: [],
  shows: ['attempt or hit'],
  title: '`undici` (retries)',
  summary: 'attempts of `RetryAgent`; of `RetryHandler` and `interceptors.retry` from the second on',
  attach(resilience, hooks) {
    /** `dispatch` makes its handler synchronously. */
    const first = new HandOver<FirstAttempt>();

    hooks.onLoad('undici/lib/dispatcher/retry-agent.js', ({ exports: RetryAgent }) => {
      hooks.calls(RetryAgent.prototype, 'dispatch', {
        begin(agent: object, [options]): FirstAttempt {
          const retry = resilience.retry(agent, NAME, undefined, isRetried(options));
          return { retry, caller: retry.begin() };
        },
        handOver: first,
        within: ({ caller }) => caller,
      });
    });

    hooks.onLoad('undici/lib/handler/retry-handler.js', ({ exports: Handler }) => {
      observeHandlers(Handler.prototype, hooks, (handler) => {
        const attempt = first.take();
        if (attempt) return attempt.retry;
        // The user's or `interceptors.retry`'s, which dispatch the first.
        const retry = resilience.retry(handler, NAME);
        guard(NAME, () => retry.sentElsewhere());
        return retry;
      });
    });
  },
};

function observeHandlers(prototype: object, hooks: Hooks, retryOf: (handler: object) => Retry): void {
  const retries = new WeakMap<object, Retry>();

  whenSet(prototype, 'dispatch', hooks, (handler, dispatch: AnyFunction) => {
    const retry = retryOf(handler);
    retries.set(handler, retry);
    return observed(dispatch, { begin: () => retry.begin(), within: (attempt) => attempt }, NAME);
  });

  whenSet(prototype, 'retryOpts', hooks, (handler, options: RetryOptions) => {
    const retry = retries.get(handler);
    if (!retry) return options;
    retry.limited(options.maxRetries + 1);
    const decided = (_self: unknown, [verdict]: unknown[]): void => {
      if (verdict) retry.ended('failure', verdict);
    };
    const deciding = (_self: unknown, args: unknown[]): void => {
      args[2] = preceded(args[2] as AnyFunction, decided, NAME);
      retry.failed(args[0]);
    };
    // The handler's copy.
    options.retry = preceded(options.retry, deciding, NAME);
    return options;
  });

  for (const end of ['onResponseEnd', 'onComplete']) {
    if (!(end in prototype)) continue;
    hooks.calls(prototype, end as never, {
      // First: the next attempt may begin inside.
      begin: (handler: RetryHandler) => (!handler.error && handler.pendingResponseData == null ? handler : undefined),
      returned: (handler) => retries.get(handler)?.ended('success'),
    });
  }
}

/** Intercepts a property set by a constructor; same object. */
function whenSet<V>(prototype: object, name: string, hooks: Hooks, change: (self: object, value: V) => V): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get: () => undefined,
    set(this: object, value: V) {
      const changed = (hooks.active ? guard(NAME, () => change(this, value)) : undefined) ?? value;
      Object.defineProperty(this, name, { configurable: true, enumerable: true, writable: true, value: changed });
    },
  });
  hooks.onUndo(() => delete (prototype as Record<string, unknown>)[name]);
}
