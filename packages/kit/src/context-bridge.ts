import type { AsyncLocalStorage } from 'node:async_hooks';
import { context, type Context } from '@opentelemetry/api';

/** What of `AsyncLocalStorageContextManager` (@opentelemetry/context-async-hooks 1.x to 3.x) is used. */
interface ContextManager {
  _asyncLocalStorage?: Partial<AsyncLocalStorage<Context | undefined>>;
}

/** What {@link enter} gives back when the context manager keeps its contexts elsewhere than in an AsyncLocalStorage. */
export const NOT_ENTERED = Symbol('not entered');

export type Left = Context | undefined | typeof NOT_ENTERED;

let knownManager: ContextManager | undefined;
let knownStore: AsyncLocalStorage<Context | undefined> | undefined;

/** Where the context manager in force keeps the active context. */
function storeInForce(): AsyncLocalStorage<Context | undefined> | undefined {
  // Private to TypeScript: api/src/api/context.ts of @opentelemetry/api 1.0 to 1.10.
  const manager = (context as unknown as { _getContextManager?(): ContextManager })._getContextManager?.();
  if (manager !== knownManager) {
    knownManager = manager;
    const store = manager?._asyncLocalStorage;
    const known = typeof store?.enterWith === 'function' && typeof store.getStore === 'function';
    knownStore = known ? (store as AsyncLocalStorage<Context | undefined>) : undefined;
  }
  return knownStore;
}

/** Whether {@link enter} works with the context manager in force. */
export function canEnter(): boolean {
  return storeInForce() !== undefined;
}

/**
 * Makes `where` the active context until {@link leave}, in the caller's own frame: `context.with` puts four between
 * the application's functions, of the ten that `Error.stackTraceLimit` keeps. It costs what `AsyncLocalStorage.run` does.
 *
 * @returns what to give to {@link leave}, in a `finally`
 */
export function enter(where: Context): Left {
  const store = storeInForce();
  if (!store) return NOT_ENTERED;
  const left = store.getStore();
  if (left !== where) store.enterWith(where);
  return left;
}

/** Undoes {@link enter}. */
export function leave(left: Left): void {
  const store = knownStore;
  if (store && left !== NOT_ENTERED && store.getStore() !== left) store.enterWith(left);
}

/**
 * Makes `where` the active context of what runs after this in the same asynchronous flow.
 *
 * @returns false when the context manager cannot
 */
export function attach(where: Context): boolean {
  return enter(where) !== NOT_ENTERED;
}

/**
 * Runs `fn` with `where` active, its `this` and arguments untouched. Work that waited in a pool, a
 * queue or an emitter belongs to the request that asked for it, not to the one that freed the slot.
 */
export function runIn<A extends unknown[], R>(where: Context, fn: (...args: A) => R, self: unknown, args: A): R {
  const left = enter(where);
  if (left === NOT_ENTERED) return runBy(where, fn, self, args);
  try {
    return Reflect.apply(fn, self, args);
  } finally {
    leave(left);
  }
}

/** A function that always runs with `where` active; `this`, arguments, result and errors pass through. */
export function bindTo<F extends (...args: any[]) => any>(where: Context, fn: F): F {
  return function (this: unknown, ...args: unknown[]) {
    const left = enter(where);
    if (left === NOT_ENTERED) return runBy(where, fn, this, args as never);
    try {
      return Reflect.apply(fn, this, args);
    } finally {
      leave(left);
    }
  } as F;
}

/**
 * {@link bindTo} for what is called once: the context is let go then, though a library keeps the function as long as it
 * keeps its connection.
 */
export function bindOnceTo<F extends (...args: any[]) => any>(where: Context, fn: F): F {
  let waiting: Context | undefined = where;
  return function (this: unknown, ...args: unknown[]) {
    const caller = waiting;
    waiting = undefined;
    if (!caller) return Reflect.apply(fn, this, args);
    const left = enter(caller);
    if (left === NOT_ENTERED) return runBy(caller, fn, this, args as never);
    try {
      return Reflect.apply(fn, this, args);
    } finally {
      leave(left);
    }
  } as F;
}

/** By the context manager's own `with`. */
export function runBy<A extends unknown[], R>(where: Context, fn: (...args: A) => R, self: unknown, args: A): R {
  // Not `with(where, fn, self, ...args)`: context managers bind a given `this`, a new function each time.
  return context.with(
    where,
    Reflect.apply as (fn: (...args: A) => R, self: unknown, args: A) => R,
    undefined,
    fn,
    self,
    args,
  );
}
