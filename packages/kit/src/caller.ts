import { context, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import { bindOnceTo, bindTo, enter, leave, NOT_ENTERED, runBy, runIn } from './context-bridge.ts';

/** Runs a function somewhere else; its `this`, arguments, result and errors pass through. */
export type Run = <A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A) => R;

/**
 * The code that called a library, as OpenTelemetry's context tells it. What stands for a call (a query, a wait, a
 * message being sent) extends this class, so a caller costs no object of its own.
 */
export class Caller {
  /** The context that was active when the call was made. */
  readonly context: Context;

  /** @param where default: the active context */
  constructor(where: Context = context.active()) {
    this.context = where;
  }

  /** Runs a part of the library, or a callback, in the caller's context. One frame of ours in stack traces. */
  run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    const left = enter(this.context);
    if (left === NOT_ENTERED) return runBy(this.context, fn, self, args);
    try {
      return Reflect.apply(fn, self, args);
    } finally {
      leave(left);
    }
  }

  /** A function that always runs in the caller's context. */
  bind<F extends (...args: any[]) => any>(fn: F): F {
    return bindTo(this.context, fn);
  }
}

/** A function that always runs in the context that is active now. */
export function bind<F extends (...args: any[]) => any>(fn: F): F {
  return bindTo(context.active(), fn);
}

/** {@link bind} for a function that is called once; the context is let go then, however long the library keeps the function. */
export function bindOnce<F extends (...args: any[]) => any>(fn: F): F {
  return bindOnceTo(context.active(), fn);
}

/**
 * Runs `fn` in no trace: what opens a connection, or starts a timer, that outlives the request it is done for. Only
 * OpenTelemetry's context is left; the application's own `AsyncLocalStorage` stays what it is.
 */
export function detached<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
  return runIn(ROOT_CONTEXT, fn, self, args);
}
