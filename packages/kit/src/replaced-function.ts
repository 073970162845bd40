import type { Hooks } from './hooks.ts';
import type { AnyFunction } from './observed-method.ts';

/** What a replacement reports to; changes when the instrumentation is enabled again. */
export class Attachment<Events> {
  events: Events;
  #hooks: Hooks;

  constructor(events: Events, hooks: Hooks) {
    this.events = events;
    this.#hooks = hooks;
  }

  /** False while disabled: what is replaced passes through. */
  get active(): boolean {
    return this.#hooks.active;
  }

  moveTo(events: Events, hooks: Hooks): void {
    this.events = events;
    this.#hooks = hooks;
  }
}

interface Replacement {
  fn: AnyFunction;
  attachment: Attachment<any>;
}

/** By the original and by itself. */
const replacements = new WeakMap<AnyFunction, Replacement>();

/**
 * For functions that outlive the hooks, in importers, closures and bound methods: made once, reattached later. Copies
 * own properties.
 */
export function replacementOf<Events>(
  original: AnyFunction,
  events: Events,
  hooks: Hooks,
  make: (original: AnyFunction, attachment: Attachment<Events>) => AnyFunction,
): AnyFunction {
  const known = replacements.get(original);
  if (known) {
    known.attachment.moveTo(events, hooks);
    return known.fn;
  }
  const attachment = new Attachment(events, hooks);
  const fn = Object.defineProperties(make(original, attachment), propertiesOf(original)) as AnyFunction;
  for (const key of [original, fn]) replacements.set(key, { fn, attachment });
  return fn;
}

/** Replaces a method of one object, which it is undone with. Copies own properties. */
export function replaceOn<Name extends PropertyKey>(
  owner: Record<Name, AnyFunction>,
  name: Name,
  make: (original: AnyFunction) => AnyFunction,
): void {
  const original = owner[name];
  owner[name] = Object.defineProperties(make(original), propertiesOf(original)) as AnyFunction;
}

/** Includes name and length. */
export function propertiesOf(fn: AnyFunction): PropertyDescriptorMap {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(fn);
  for (const key of ['prototype', 'arguments', 'caller']) delete properties[key];
  return properties;
}
