import { context, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import { bindOnceTo, bindTo, enter, leave, NOT_ENTERED, runBy, runIn } from './context-bridge.ts';

/** Runs a function in another context, otherwise transparently. */
export type Run = <A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A) => R;

/** Calls extend it to save an object. */
export class Caller {
  readonly context: Context;

  /** @param where default: the active context */
  constructor(where: Context = context.active()) {
    this.context = where;
  }

  /** Runs `fn` in the caller's context, with one frame of ours. */
  run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    const left = enter(this.context);
    if (left === NOT_ENTERED) return runBy(this.context, fn, self, args);
    try {
      return Reflect.apply(fn, self, args);
    } finally {
      leave(left);
    }
  }

  bind<F extends (...args: any[]) => any>(fn: F): F {
    return bindTo(this.context, fn);
  }
}

/** Binds `fn` to the active context. */
export function bind<F extends (...args: any[]) => any>(fn: F): F {
  return bindTo(context.active(), fn);
}

/** {@link bind} for one call: then releases the context, as libraries keep functions. */
export function bindOnce<F extends (...args: any[]) => any>(fn: F): F {
  return bindOnceTo(context.active(), fn);
}

/** Runs `fn` in no trace, for connections and timers; keeps the application's `AsyncLocalStorage`. */
export function detached<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
  return runIn(ROOT_CONTEXT, fn, self, args);
}
