import { bind, preceded, type AnyFunction, type Attachment } from '@foreshock/kit';

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

/** With limited concurrency. */
export const LIMITED_LOOPS: readonly string[] = COLLECTION_METHODS.flatMap((name) => [`${name}Limit`, `${name}Series`]);

/**
 * `eachOfLimit` (async/internal/eachOfLimit.js), under all methods, starts items in the previous callback's context.
 * Items wait for no other caller.
 */
export function inCallersContext(loop: AnyFunction, method: string, attachment: Attachment<unknown>): AnyFunction {
  const bound = (value: unknown): unknown => (typeof value === 'function' ? bindTagged(value as AnyFunction) : value);
  const binding = (_self: unknown, args: unknown[]): void => {
    const [tasks] = args;
    args.forEach((arg, at) => (args[at] = bound(arg)));
    // Others' items may be functions, too.
    if (method.startsWith('parallel') && Array.isArray(tasks)) args[0] = tasks.map(bound);
  };
  return preceded(loop, binding, 'async loop', attachment);
}

function bindTagged(fn: AnyFunction): AnyFunction {
  const tag = (fn as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  // `wrapAsync` needs this tag.
  return tag === undefined ? bind(fn) : Object.defineProperty(bind(fn), Symbol.toStringTag, { value: tag });
}
