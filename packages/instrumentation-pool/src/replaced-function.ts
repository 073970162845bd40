import type { AnyFunction, Hooks } from '@foreshock/kit';
import type { PoolEvents } from './events.ts';

/** Where a replaced function reports to; it changes when the instrumentation is enabled again. */
export interface Attachment {
  pools: PoolEvents;
  hooks: Hooks;
}

/** By the function that replaced one of a library's. */
const attachments = new WeakMap<AnyFunction, Attachment>();

/**
 * What stands for a function that is a module's exports, or a binding of it: whoever has loaded it keeps it, so it is
 * made once, and attached again later. It has the original's own properties.
 */
export function replacementOf(
  original: AnyFunction,
  pools: PoolEvents,
  hooks: Hooks,
  make: (original: AnyFunction, attachment: Attachment) => AnyFunction,
): AnyFunction {
  const known = attachments.get(original);
  if (known) {
    Object.assign(known, { pools, hooks });
    return original;
  }
  const attachment: Attachment = { pools, hooks };
  const replacement = Object.defineProperties(make(original, attachment), propertiesOf(original)) as AnyFunction;
  attachments.set(replacement, attachment);
  return replacement;
}

/** A function's own properties, its name and length among them. */
export function propertiesOf(fn: AnyFunction): PropertyDescriptorMap {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(fn);
  for (const key of ['prototype', 'arguments', 'caller']) delete properties[key];
  return properties;
}
