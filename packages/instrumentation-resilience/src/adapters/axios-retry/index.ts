import {
  dependencies,
  followed,
  observed,
  type Adapter,
  type AnyFunction,
  type Hooks,
  type MethodCalls,
} from '@foreshock/kit';
import type { ResilienceEvents, Retry } from '../../events.ts';

const NAME = 'axios-retry';

type Interceptor = (value: any) => unknown;

/** lib/core/InterceptorManager.js of axios 0.27–1. */
interface Interceptors {
  use(fulfilled?: Interceptor | null, rejected?: Interceptor | null, options?: unknown): number;
}

interface Axios {
  readonly defaults?: { method?: unknown };
  readonly interceptors: { readonly request: Interceptors; readonly response: Interceptors };
}

/** Its default (`isIdempotentRequestError`); others may retry all. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['get', 'head', 'options', 'put', 'delete']);

interface Config {
  method?: unknown;
  /** `namespace` of axios-retry. */
  'axios-retry'?: {
    retryCount?: number;
    retries?: number;
    retryDelay?: unknown;
    retryCondition?: unknown;
    shouldResetTimeout?: boolean;
  };
}

/**
 * axios-retry adds two interceptors: the first is recognised by its source text; the second receives each failure and
 * sends again.
 */
export const axiosRetry: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: '>=3.9.1 <5',
  upstream: [],
  shows: ['attempt or hit'],
  summary: 'attempts, delay, with axios 0.27 – 1; `max_attempts` from the second attempt on',
  attach(resilience, hooks) {
    const texts = new Set<string>();
    for (const folder of ['dist', 'lib']) {
      for (const format of ['esm', 'cjs']) {
        hooks.onLoad(`axios-retry/${folder}/${format}/index.js`, ({ exports }) => {
          const request = { use: (fulfilled: Interceptor) => texts.add(String(fulfilled)).size };
          exports.default({ interceptors: { request, response: { use: () => 0 } } });
        });
      }
    }

    const seen = new WeakSet<object>();
    const observe = (Axios: new (defaults: object) => Axios): void => {
      if (seen.has(Axios)) return;
      seen.add(Axios);
      observeAxios(Axios, texts, resilience, hooks);
    };
    const versions = '>=0.27.0 <2';
    hooks.onLoad('axios/lib/core/Axios.js', ({ exports }) => observe(exports.default ?? exports), { versions });
    hooks.onLoad('axios/dist/node/axios.cjs', ({ exports }) => observe(exports.Axios), { versions });
  },
};

function observeAxios(
  Axios: new (defaults: object) => Axios,
  texts: ReadonlySet<string>,
  resilience: ResilienceEvents,
  hooks: Hooks,
): void {
  const retried = new WeakSet<object>();
  const { prototype } = Axios as { prototype: any };
  const managers = Object.getPrototypeOf(new Axios({}).interceptors.request);
  /** The second follows in this turn. */
  let expected = false;
  const forget = (): void => {
    expected = false;
  };

  hooks.before(managers, 'use', (manager: Interceptors, args) => {
    const [fulfilled, rejected] = args;
    if (typeof fulfilled === 'function' && texts.has(String(fulfilled))) {
      expected = true;
      queueMicrotask(forget);
      args[0] = followed(fulfilled, noteOptions, NAME, hooks);
    } else if (expected && !fulfilled && typeof rejected === 'function') {
      forget();
      retried.add(manager);
      args[1] = retrying(manager, rejected as AnyFunction);
    }
  });

  /** Of the instance and the call, as `setCurrentState` (index.js) joins them. */
  function noteOptions(config: Config | undefined): void {
    const { retries, retryDelay, retryCondition, shouldResetTimeout } = config?.['axios-retry'] ?? {};
    dependencies()?.settings.notePolicy(NAME, { retries, retryDelay, retryCondition, shouldResetTimeout });
  }

  /** Runs in a failed attempt's context; returns the next one's result. */
  function retrying(manager: Interceptors, retryOrThrow: AnyFunction): AnyFunction {
    const steps: MethodCalls<Retry> = {
      begin(_self, [error]) {
        const retry = resilience.retryHere(manager);
        retry?.failed(error);
        return retry;
      },
      succeeded: (retry) => retry.ended('success'),
      failed: (retry, last) => retry.ended('failure', last),
    };
    return observed(retryOrThrow, steps, NAME, hooks);
  }

  // From 1.6.3 `request` wraps `_request`, which earlier instances also call.
  hooks.calls(prototype, '_request' in prototype ? '_request' : 'request', {
    begin: (axios: Axios, args: unknown[]) => retryOf(axios, args)?.begin(),
    within: (attempt) => attempt,
  });

  function retryOf({ interceptors: { response }, defaults }: Axios, args: unknown[]): Retry | undefined {
    if (!retried.has(response)) return undefined;
    const config = (typeof args[0] === 'string' ? args[1] : args[0]) as Config | undefined;
    const { retryCount = 0, retries } = config?.['axios-retry'] ?? {};
    const isCertain = IDEMPOTENT.has(String(config?.method ?? defaults?.method ?? 'get').toLowerCase());
    const retry =
      (retryCount > 0 && resilience.retryHere(response)) || resilience.retry(response, NAME, undefined, isCertain);
    if (retries !== undefined) retry.limited(retries + 1);
    return retry;
  }
}
