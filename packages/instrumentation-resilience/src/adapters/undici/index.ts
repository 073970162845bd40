import { guard, HandOver, type Adapter, type Caller, type Hooks } from '@foreshock/kit';
import type { ResilienceEvents, Retry } from '../../events.ts';

const NAME = 'undici';

/** What of `RetryHandler` (lib/handler/retry-handler.js, 6–8) is read when a response has come to its end. */
interface RetryHandler {
  /** A response that is thrown away for the next attempt; 7 on. */
  readonly error?: unknown;
  /** A response that is held back until it is decided whether there is a next attempt; 8.12 on. */
  readonly pendingResponseData?: unknown;
}

/** It is just being dispatched; its handler is still to be made. */
interface FirstAttempt {
  retry: Retry;
  caller: Caller;
}

type Dispatch = (...args: unknown[]) => unknown;
type Verdict = (this: unknown, error?: unknown, ...rest: unknown[]) => unknown;

interface RetryOptions {
  maxRetries: number;
  retry(error: unknown, context: unknown, callback: Verdict): unknown;
}

/** Methods that are tried again by default (lib/handler/retry-handler.js, 6-8); options may name others. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

function isRetried(options: unknown): boolean {
  return METHODS.has(String((options as { method?: unknown } | undefined)?.method ?? 'GET').toUpperCase());
}

/**
 * undici's `RetryAgent`, `RetryHandler` and `interceptors.retry`. The handler's constructor sets two things:
 * `dispatch`, by which it sends again from wherever the failed response came in, and `retryOpts`, whose `retry`
 * decides whether to. Setters on the prototype see them where the request is made.
 */
export const undici: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=6.21.0 <9',
  upstream: [],
  shows: ['attempt or hit'],
  title: '`undici` (retries)',
  summary: 'attempts of `RetryAgent`; of `RetryHandler` and `interceptors.retry` from the second on',
  attach(resilience, hooks) {
    /** From `dispatch` of the agent to the constructor of its handler, which it calls. */
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
      watchHandlers(Handler.prototype, hooks, (handler) => {
        const attempt = first.take();
        if (attempt) return attempt.retry;
        // Made by the user or by `interceptors.retry`: its first attempt is dispatched by somebody else.
        const retry = resilience.retry(handler, NAME);
        guard(NAME, () => retry.sentElsewhere());
        return retry;
      });
    });
  },
};

function watchHandlers(prototype: object, hooks: Hooks, retryOf: (handler: object) => Retry): void {
  const retries = new WeakMap<object, Retry>();

  whenSet(prototype, 'dispatch', hooks, (handler, dispatch: Dispatch) => {
    const retry = retryOf(handler);
    retries.set(handler, retry);
    return function (this: unknown, ...args: unknown[]) {
      return retry.begin().run(dispatch, this, args);
    };
  });

  whenSet(prototype, 'retryOpts', hooks, (handler, options: RetryOptions) => {
    const retry = retries.get(handler);
    if (!retry) return options;
    const { maxRetries, retry: decide } = options;
    retry.limited(maxRetries + 1);
    // An object of the handler's own, made of the user's options.
    options.retry = function (error, context, callback) {
      guard(NAME, () => retry.failed(error));
      return decide.call(this, error, context, function (verdict, ...rest) {
        if (verdict) guard(NAME, () => retry.ended('failure', verdict));
        return callback.call(this, verdict, ...rest);
      });
    };
    return options;
  });

  for (const end of ['onResponseEnd', 'onComplete']) {
    if (!(end in prototype)) continue;
    hooks.calls(prototype, end as never, {
      // Read before: the next attempt may begin inside.
      begin: (handler: RetryHandler) => (!handler.error && handler.pendingResponseData == null ? handler : undefined),
      returned: (handler) => retries.get(handler)?.ended('success'),
    });
  }
}

/** Sees a property being set by a constructor, and decides what is set; the object is the same as without. */
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
