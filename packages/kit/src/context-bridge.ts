import { AsyncLocalStorage } from 'node:async_hooks';
import { context, type Context } from '@opentelemetry/api';
import { report } from './guard.ts';

/** Used part (@opentelemetry/context-async-hooks 1.x to 3.x). */
interface ContextManager {
  _asyncLocalStorage?: Partial<AsyncLocalStorage<Context | undefined>>;
}

/**
 * Whether V8 holds contexts, also for callbacks from C++: Node 24 and later
 * (lib/internal/async_local_storage/async_context_frame.js, without `_enable`).
 */
export const CALLBACKS_RESTORE_CONTEXT: boolean = !('_enable' in AsyncLocalStorage.prototype);

/** Without AsyncLocalStorage. */
export const NOT_ENTERED = Symbol('not entered');

export type Left = Context | undefined | typeof NOT_ENTERED;

let knownManager: ContextManager | undefined;
let knownStore: AsyncLocalStorage<Context | undefined> | undefined;

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

/**
 * Makes `where` active until {@link leave}. `context.with` adds four of the ten frames of `Error.stackTraceLimit`.
 *
 * @returns for {@link leave}, in a `finally`
 */
export function enter(where: Context): Left {
  const store = storeInForce();
  if (!store) return NOT_ENTERED;
  const left = store.getStore();
  if (left !== where) store.enterWith(where);
  return left;
}

export function leave(left: Left): void {
  const store = knownStore;
  if (store && left !== NOT_ENTERED && store.getStore() !== left) store.enterWith(left);
}

/**
 * Makes `where` active for the rest of this flow.
 *
 * @returns false if unsupported
 */
export function attach(where: Context): boolean {
  return enter(where) !== NOT_ENTERED;
}

/** Runs `fn` with `where` active: queued work belongs to who asked. */
export function runIn<A extends unknown[], R>(where: Context, fn: (...args: A) => R, self: unknown, args: A): R {
  const left = enter(where);
  if (left === NOT_ENTERED) return runBy(where, fn, self, args);
  try {
    return Reflect.apply(fn, self, args);
  } finally {
    leave(left);
  }
}

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
 * A method in the context of its call, with one frame of ours.
 *
 * @param contextOf called first; undefined or a throw: the active context stays
 * @param isLeftByCaller Node leaves that context right after this call: leaving copies Node's map of contexts
 */
export function methodIn<Self, R>(
  method: (this: Self, ...args: any[]) => R,
  contextOf: (self: Self, args: ArrayLike<any>) => Context | undefined,
  isLeftByCaller?: (self: Self, args: ArrayLike<any>) => boolean,
): (this: Self, ...args: any[]) => R {
  return function (this: Self) {
    let where: Context | undefined;
    let staysEntered = false;
    try {
      where = contextOf(this, arguments);
      if (where !== undefined && isLeftByCaller) staysEntered = isLeftByCaller(this, arguments);
    } catch (error) {
      report('a method in the context of its call', error);
    }
    if (where === undefined) return method.apply(this, arguments as never);
    const left = enter(where);
    if (left === NOT_ENTERED) return runBy(where, method as (...args: unknown[]) => R, this, arguments as never);
    try {
      return method.apply(this, arguments as never);
    } finally {
      if (!staysEntered) leave(left);
    }
  };
}

/** {@link bindTo} for one call: then releases the context, as libraries keep functions. */
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

export function runBy<A extends unknown[], R>(where: Context, fn: (...args: A) => R, self: unknown, args: A): R {
  // `with(where, fn, self, ...args)` binds `this`: a function per call.
  return context.with(
    where,
    Reflect.apply as (fn: (...args: A) => R, self: unknown, args: A) => R,
    undefined,
    fn,
    self,
    args,
  );
}
