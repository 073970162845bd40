import { bind, guard, type AnyFunction } from '@foreshock/kit';
import type { Attachment } from '../../replaced-function.ts';

const COLLECTION_METHODS = [
  'all',
  'any',
  'concat',
  'detect',
  'each',
  'eachOf',
  'every',
  'filter',
  'find',
  'flatMap',
  'forEach',
  'forEachOf',
  'groupBy',
  'map',
  'mapValues',
  'parallel',
  'reject',
  'select',
  'some',
  'times',
];

/** Methods of async that call a function for each of many items, only so many at once. */
export const LIMITED_LOOPS: readonly string[] = COLLECTION_METHODS.flatMap((name) => [`${name}Limit`, `${name}Series`]);

/**
 * `eachOfLimit` (async/internal/eachOfLimit.js), below all of them, calls the function for the next item where the one
 * before it called back: each of these functions runs where the caller of the loop is. Its items wait for no other
 * caller, so there is no wait to show.
 */
export function inCallersContext(loop: AnyFunction, method: string, { hooks }: Attachment): AnyFunction {
  const bound = (value: unknown): unknown => (typeof value === 'function' ? bindTagged(value as AnyFunction) : value);
  return function (this: unknown, ...args: unknown[]) {
    if (!hooks.active) return loop.apply(this, args);
    const given = guard('async loop', () => args.map(bound)) ?? args;
    const [tasks] = args;
    // Of the others it is items, that may be functions, too.
    if (method.startsWith('parallel') && Array.isArray(tasks)) {
      given[0] = guard('async loop', () => tasks.map(bound)) ?? tasks;
    }
    return loop.apply(this, given);
  };
}

function bindTagged(fn: AnyFunction): AnyFunction {
  const tag = (fn as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  // `wrapAsync` takes a function with this tag for one that returns a promise.
  return tag === undefined ? bind(fn) : Object.defineProperty(bind(fn), Symbol.toStringTag, { value: tag });
}
