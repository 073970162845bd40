import type { AnyFunction, Hooks } from '@foreshock/kit';
import type { PoolEvents } from './events.ts';

/** Changes when the instrumentation is enabled again. */
export interface Attachment {
  pools: PoolEvents;
  hooks: Hooks;
}

const attachments = new WeakMap<AnyFunction, Attachment>();

/** Made once and reattached later, because importers keep it. Copies own properties. */
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

/** Includes name and length. */
export function propertiesOf(fn: AnyFunction): PropertyDescriptorMap {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(fn);
  for (const key of ['prototype', 'arguments', 'caller']) delete properties[key];
  return properties;
}
