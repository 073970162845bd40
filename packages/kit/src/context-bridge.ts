import { context, type Context } from '@opentelemetry/api';

/**
 * Runs `fn` with `where` active, its `this` and arguments untouched. Work that waited in a pool, a
 * queue or an emitter belongs to the request that asked for it, not to the one that freed the slot.
 */
export function runIn<A extends unknown[], R>(where: Context, fn: (...args: A) => R, self: unknown, args: A): R {
  if (context.active() === where) return Reflect.apply(fn, self, args);
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

/** A function that always runs with `where` active; `this`, arguments, result and errors pass through. */
export function bindTo<F extends (...args: any[]) => any>(where: Context, fn: F): F {
  return function (this: unknown, ...args: unknown[]) {
    return runIn(where, fn, this, args as never);
  } as F;
}
