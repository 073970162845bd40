import type { AnyFunction, Hooks } from '@foreshock/kit';
import type { PoolEvents } from './events.ts';

/** Changes when the instrumentation is enabled again. */
export interface Attachment {
  pools: PoolEvents;
  hooks: Hooks;
}

interface Replacement {
  fn: AnyFunction;
  attachment: Attachment;
}

/** By the original and by itself. */
const replacements = new WeakMap<AnyFunction, Replacement>();

/** Made once and reattached later, because importers keep it and what it made. Copies own properties. */
export function replacementOf(
  original: AnyFunction,
  pools: PoolEvents,
  hooks: Hooks,
  make: (original: AnyFunction, attachment: Attachment) => AnyFunction,
): AnyFunction {
  const known = replacements.get(original);
  if (known) {
    Object.assign(known.attachment, { pools, hooks });
    return known.fn;
  }
  const attachment: Attachment = { pools, hooks };
  const fn = Object.defineProperties(make(original, attachment), propertiesOf(original)) as AnyFunction;
  for (const key of [original, fn]) replacements.set(key, { fn, attachment });
  return fn;
}

/** Includes name and length. */
export function propertiesOf(fn: AnyFunction): PropertyDescriptorMap {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(fn);
  for (const key of ['prototype', 'arguments', 'caller']) delete properties[key];
  return properties;
}
