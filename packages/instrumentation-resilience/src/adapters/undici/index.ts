import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { ResilienceEvents, Retry } from '../../events.ts';

const NAME = 'undici';

/** What of `RetryHandler` (lib/handler/retry-handler.js, 6–8) is read when a response has come to its end. */
interface RetryHandler {
  /** A response that is thrown away for the next attempt; 7 on. */
  readonly error?: unknown;
  /** A response that is held back until it is decided whether there is a next attempt; 8.12 on. */
  readonly pendingResponseData?: unknown;
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
    /** A first attempt that is just being dispatched; its handler is still to be made. */
    let first: Retry | undefined;

    hooks.onLoad('undici/lib/dispatcher/retry-agent.js', ({ exports: RetryAgent }) => {
      hooks.wrap(RetryAgent.prototype, 'dispatch', (original) => {
        return function (this: object, ...args: unknown[]) {
          const retry = hooks.active
            ? guard(NAME, () => resilience.retry(this, NAME, undefined, isRetried(args[0])))
            : undefined;
          if (!retry) return original.apply(this, args);
          first = retry;
          try {
            return retry.attempt(original, this, args);
          } finally {
            first = undefined;
          }
        };
      });
    });

    hooks.onLoad('undici/lib/handler/retry-handler.js', ({ exports: Handler }) => {
      watchHandlers(Handler.prototype, hooks, (handler) => {
        const retry = first ?? resilience.retry(handler, NAME);
        // Made by the user or by `interceptors.retry`: its first attempt is dispatched by somebody else.
        if (!first) guard(NAME, () => retry.sentElsewhere());
        first = undefined;
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
      return retry.attempt(dispatch, this, args);
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
    hooks.wrap(prototype, end as never, (original) => {
      return function (this: RetryHandler, ...args: unknown[]) {
        const last = hooks.active && !this.error && this.pendingResponseData == null;
        const result = original.apply(this, args);
        if (last) guard(NAME, () => retries.get(this)?.ended('success'));
        return result;
      };
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
