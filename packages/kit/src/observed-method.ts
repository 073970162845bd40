import type { Context } from '@opentelemetry/api';
import { Caller, type Run } from './caller.ts';
import { enter, leave, methodIn, NOT_ENTERED, type Left } from './context-bridge.ts';
import { report } from './guard.ts';
import type { HandOver } from './hand-over.ts';
import { whenSettled } from './when-settled.ts';

export type AnyFunction = (this: any, ...args: any[]) => any;

export interface Runner {
  run: Run;
}

/** False once undone: wrappers pass through. */
export interface Active {
  readonly active: boolean;
}

/** Guarded steps around a method, called once; result and errors pass through. */
export interface MethodCalls<C> {
  /**
   * May change `args`.
   *
   * @returns a value for the other steps; undefined: not observed
   */
  begin(self: any, args: any): C | undefined | void;
  /** Default: runs it in the caller's context. */
  within?(call: C): Runner | undefined;
  /** Offers `begin`'s value to a wrapper of what the method calls. */
  handOver?: HandOver<C>;
  /** It ended without taking the offer. */
  untaken?(call: C, self: any, args: any): void;
  /** Likewise, where offers are taken: a later version's `await` is no refusal. */
  refused?(call: C, self: any, args: any): void;
  returned?(call: C, result: any, self: any, args: any): void;
  /** Only for promises the library awaits: observing the caller's would hide an unhandled rejection. */
  succeeded?(call: C, value: any): void;
  /** It threw or, with {@link succeeded}, its promise rejected. */
  failed?(call: C, error: unknown): void;
}

/** Undone with the object it belongs to. */
const ALWAYS: Active = { active: true };

/** Adds one frame, as `within` a {@link Caller} does without its `run`. */
export function observed<C>(
  original: AnyFunction,
  steps: MethodCalls<C>,
  place: string,
  hooks: Active = ALWAYS,
): AnyFunction {
  const { handOver, within } = steps;

  function ended(call: C, outer: C | undefined, self: unknown, args: unknown[]): void {
    try {
      if (handOver!.end(call, outer)) return;
      steps.untaken?.(call, self, args);
      if (handOver!.wasTaken) steps.refused?.(call, self, args);
    } catch (error) {
      report(place, error);
    }
  }

  function threw(call: C, error: unknown): void {
    try {
      steps.failed?.(call, error);
    } catch (fault) {
      report(place, fault);
    }
  }

  return function (this: unknown, ...args: unknown[]) {
    let call: C | undefined | void;
    try {
      if (hooks.active) call = steps.begin(this, args);
    } catch (error) {
      report(place, error);
    }
    if (call === undefined) return original.apply(this, args);
    const outer = handOver?.offer(call);
    let result: unknown;
    let left: Left = NOT_ENTERED;
    try {
      const runner = within?.(call);
      if (runner instanceof Caller) left = enter(runner.context);
      try {
        const isInside = !runner || left !== NOT_ENTERED;
        result = isInside ? original.apply(this, args) : runner.run(original, this, args);
      } finally {
        leave(left);
      }
    } catch (error) {
      threw(call, error);
      throw error;
    } finally {
      if (handOver) ended(call, outer, this, args);
    }
    try {
      steps.returned?.(call, result, this, args);
    } catch (error) {
      report(place, error);
    }
    if (!steps.succeeded) return result;
    const begun = call;
    return whenSettled(
      result,
      (value) => steps.succeeded!(begun, value),
      (error) => steps.failed?.(begun, error),
    );
  };
}

export function preceded(
  original: AnyFunction,
  before: (self: any, args: any) => void,
  place: string,
  hooks: Active = ALWAYS,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    try {
      if (hooks.active) before(this, args);
    } catch (error) {
      report(place, error);
    }
    return original.apply(this, args);
  };
}

export function followed(
  original: AnyFunction,
  after: (result: any, self: any, args: any) => void,
  place: string,
  hooks: Active = ALWAYS,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    const result: unknown = original.apply(this, args);
    try {
      if (hooks.active) after(result, this, args);
    } catch (error) {
      report(place, error);
    }
    return result;
  };
}

/** Returns what `change` makes of the result. */
export function returning(
  original: AnyFunction,
  change: (result: any, self: any, args: any) => unknown,
  place: string,
  hooks: Active = ALWAYS,
): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    const result: unknown = original.apply(this, args);
    try {
      if (hooks.active) return change(result, this, args);
    } catch (error) {
      report(place, error);
    }
    return result;
  };
}

export function moved(original: AnyFunction, run: Run, hooks: Active): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    return hooks.active ? run(original, this, args) : original.apply(this, args);
  };
}

type InContext = Pick<Caller, 'context'>;

/** A callback that reports, then runs in the caller's context. */
export function answering<F extends AnyFunction>(
  place: string,
  caller: InContext,
  callback: F,
  observe: (args: any, self: any) => void,
): F {
  return methodIn(callback, reporting(place, caller, observe)) as F;
}

/** {@link answering} for a single call: then releases the caller. */
export function answeringOnce<F extends AnyFunction>(
  place: string,
  caller: InContext,
  callback: F,
  observe: (args: any, self: any) => void,
): F {
  let first: ReturnType<typeof reporting> | undefined = reporting(place, caller, observe);
  return methodIn(callback, (self, args) => {
    const answered = first;
    first = undefined;
    return answered?.(self, args);
  }) as F;
}

function reporting(place: string, caller: InContext, observe: (args: any, self: any) => void) {
  return (self: unknown, args: ArrayLike<any>): Context => {
    try {
      observe(args, self);
    } catch (error) {
      report(place, error);
    }
    return caller.context;
  };
}
