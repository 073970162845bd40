import type { Run } from './caller.ts';
import { report } from './guard.ts';
import type { HandOver } from './hand-over.ts';
import { whenSettled } from './when-settled.ts';

export type AnyFunction = (this: any, ...args: any[]) => any;

/** Something that has a context to run the library in, mostly a `Caller`. */
export interface Runner {
  run: Run;
}

/** False once everything is undone: a wrapper that could not be taken out only passes through. */
interface Active {
  readonly active: boolean;
}

/**
 * What is done about the calls of a method. Each step is guarded: the method is called once, with the `this` and the
 * arguments that its caller gave, and its result and errors are passed on as they are.
 */
export interface MethodCalls<C> {
  /**
   * Before the method. What is changed in `args` is what the method gets.
   *
   * @returns what the other steps are given; undefined: this call is left alone
   */
  begin(self: any, args: any): C | undefined | void;
  /** What the method is run by; undefined, and by default: it runs where it was called. */
  within?(call: C): Runner | undefined;
  /** What `begin` returned is on offer until the method returns, for a wrapper of what it calls. */
  handOver?: HandOver<C>;
  /** The method has returned or thrown, and what was on offer was not taken. */
  untaken?(call: C, self: any, args: any): void;
  /** The method has returned. */
  returned?(call: C, result: any, self: any, args: any): void;
  /**
   * The value of the promise that the method returned is there. Only for a promise that the library itself awaits:
   * watching one that is the caller's own would hide an unhandled rejection.
   */
  succeeded?(call: C, value: any): void;
  /** The method threw; with {@link succeeded} also: its promise was rejected. */
  failed?(call: C, error: unknown): void;
}

/** A method whose calls are observed. No frame of ours is between its caller and it but this one and `run`. */
export function observed<C>(original: AnyFunction, steps: MethodCalls<C>, place: string, hooks: Active): AnyFunction {
  const { handOver, within } = steps;

  function ended(call: C, outer: C | undefined, self: unknown, args: unknown[]): void {
    try {
      if (!handOver!.end(call, outer)) steps.untaken?.(call, self, args);
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
    try {
      const runner = within?.(call);
      result = runner ? runner.run(original, this, args) : original.apply(this, args);
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

/** A method before which something of ours is called. */
export function preceded(
  original: AnyFunction,
  before: (self: any, args: any) => void,
  place: string,
  hooks: Active,
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

/** A method after which something of ours is called. */
export function followed(
  original: AnyFunction,
  after: (result: any, self: any, args: any) => void,
  place: string,
  hooks: Active,
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

/** A method that is run somewhere else. */
export function moved(original: AnyFunction, run: Run, hooks: Active): AnyFunction {
  return function (this: unknown, ...args: unknown[]) {
    return hooks.active ? run(original, this, args) : original.apply(this, args);
  };
}

/**
 * A callback that reports first, and then runs where the caller was; its `this`, arguments, result and errors pass
 * through.
 *
 * @param place for `report`
 */
export function answering<F extends AnyFunction>(
  place: string,
  caller: Runner,
  callback: F,
  hear: (args: any, self: any) => void,
): F {
  return function (this: unknown, ...args: unknown[]) {
    try {
      hear(args, this);
    } catch (error) {
      report(place, error);
    }
    return caller.run(callback as AnyFunction, this, args);
  } as F;
}

/** {@link answering} for a callback that is called once: then the caller is let go, however long the library keeps it. */
export function answeringOnce<F extends AnyFunction>(
  place: string,
  caller: Runner,
  callback: F,
  hear: (args: any, self: any) => void,
): F {
  let first: AnyFunction | undefined = answering(place, caller, callback, hear);
  return function (this: unknown, ...args: unknown[]) {
    const answer = first ?? callback;
    first = undefined;
    return answer.apply(this, args);
  } as F;
}
