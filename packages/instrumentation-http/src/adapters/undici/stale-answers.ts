import { context } from '@opentelemetry/api';
import { guard, noteDegraded, type Hooks } from '@foreshock/kit';

type HandlerClass = new (callback: unknown, ...rest: unknown[]) => { onResponseStart(...args: unknown[]): unknown };

const UNCHANGED = 304;

/**
 * `stale-if-error` of undici's cache interceptor (undici 7 and later): lib/interceptor/cache.js answers from the cache
 * when this handler says that revalidation succeeded, which a failure allowed by the directive does too. Its `Warning`
 * also comes after a 304.
 */
export function observeStaleAnswers(hooks: Hooks): void {
  hooks.onLoad('undici/lib/handler/cache-revalidation-handler.js', ({ replaceExports }) =>
    replaceExports?.((Handler: HandlerClass) =>
      'onResponseStart' in Handler.prototype ? observed(Handler, hooks) : Handler,
    ),
  );
}

function observed(Handler: HandlerClass, hooks: Hooks): HandlerClass {
  return class extends Handler {
    #status: unknown;

    constructor(callback: unknown, ...rest: unknown[]) {
      if (typeof callback !== 'function' || !hooks.active) {
        super(callback, ...rest);
        return;
      }
      const where = context.active();
      const answered = (isCached: unknown, ...others: unknown[]): unknown => {
        if (isCached === true && this.#status !== UNCHANGED) {
          guard('a stale answer', () => noteDegraded(where, 'stale', undefined));
        }
        return callback(isCached, ...others);
      };
      super(answered, ...rest);
    }

    override onResponseStart(...args: unknown[]): unknown {
      this.#status = args[1];
      return super.onResponseStart(...args);
    }
  };
}
