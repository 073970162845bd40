import {
  observed,
  replacementOf,
  returning,
  withFixed,
  type Adapter,
  type AnyFunction,
  type Attachment,
  type Caller,
  type LoadedModule,
} from '@foreshock/kit';
import type { ResilienceEvents, Retry } from '../../events.ts';

const NAME = '@smithy/core';
const VERSIONS = '>=3.24.0 <4';

/** @smithy/types. */
type Middleware = (next: AnyFunction, context: unknown) => AnyFunction;

interface Stack {
  add(middleware: Middleware, options: unknown): void;
}

interface Plugin {
  applyToStack(stack: Stack): void;
}

interface Attempt {
  readonly retry: Retry;
  readonly caller: Caller;
}

/**
 * Every client of the AWS SDK 3 takes its middleware from `getRetryPlugin`. What that calls next is an attempt; a middleware of
 * ours would be in the client's stack for the application to see.
 */
export const smithyCore: Adapter<ResilienceEvents> = {
  library: NAME,
  versions: VERSIONS,
  upstream: [],
  shows: ['attempt or hit'],
  title: 'AWS SDK 3 (retries)',
  summary: 'attempts, delay, throttling of every `@aws-sdk` client from 3.600 on, by `@smithy/core`',
  isTransitive: true,
  attach(resilience, hooks) {
    const observe = ({ exports, replaceExports }: LoadedModule): void => {
      const replace = (original: AnyFunction): AnyFunction =>
        replacementOf(original, resilience, hooks, observedPlugins);
      if (Object.getOwnPropertyDescriptor(exports, 'getRetryPlugin')?.writable) {
        return hooks.wrap(exports, 'getRetryPlugin', replace);
      }
      // A getter that stays.
      replaceExports?.((fixed) => withFixed(fixed, 'getRetryPlugin', replace(fixed.getRetryPlugin)));
    };
    // Optional: who signs requests has the package without its retries.
    hooks.onLoad('@smithy/core/dist-cjs/submodules/retry/index.js', observe, { versions: VERSIONS });
    // Before @smithy/core had it. Still older ones try once more than they say.
    hooks.onLoad('@smithy/middleware-retry/dist-cjs/index.js', observe, { versions: '>=3.0.0 <5' });
  },
};

function observedPlugins(original: AnyFunction, attachment: Attachment<ResilienceEvents>): AnyFunction {
  const observe = (plugin: Plugin): Plugin => ({
    ...plugin,
    applyToStack(stack) {
      const add: Stack['add'] = (middleware, options) => stack.add(observedMiddleware(middleware, attachment), options);
      plugin.applyToStack(Object.create(stack, { add: { value: add } }) as Stack);
    },
  });
  return returning(original, observe, NAME, attachment);
}

function observedMiddleware(middleware: Middleware, attachment: Attachment<ResilienceEvents>): Middleware {
  return (next, context) => {
    /** By a call's arguments, which each of its attempts gets. */
    const retries = new WeakMap<object, Retry>();
    const attempts = observed<Attempt>(
      next,
      {
        begin(_self, [args]) {
          const retry = retries.get(args);
          if (!retry) return undefined;
          const max = maxAttemptsIn(args.request?.headers?.['amz-sdk-request']);
          if (max !== undefined) retry.limited(max);
          return { retry, caller: retry.begin() };
        },
        within: ({ caller }) => caller,
        succeeded: () => {},
        failed: ({ retry }, error) => retry.failed(named(error)),
      },
      NAME,
      attachment,
    );
    return observed<Retry>(
      middleware(attempts, context),
      {
        begin(_self, [args]) {
          const retry = attachment.events.retry(retries, NAME);
          retries.set(args, retry);
          return retry;
        },
        succeeded: (retry) => retry.ended('success'),
        failed: (retry, error) => retry.ended('failure', named(error)),
      },
      NAME,
      attachment,
    );
  };
}

/** `attempt=1; max=3` */
function maxAttemptsIn(header: unknown): number | undefined {
  const max = typeof header === 'string' ? /; max=(\d{1,6})$/.exec(header)?.[1] : undefined;
  return max === undefined ? undefined : Number(max);
}

/** The service's code, such as `ThrottlingException`. */
function named(error: unknown): unknown {
  const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown };
  return typeof code === 'string' || typeof name !== 'string' || name === 'Error' ? error : { code: name, message };
}
