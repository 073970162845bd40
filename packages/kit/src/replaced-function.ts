import type { AnyFunction } from './observed-method.ts';

/** `Hooks`, as far as a replacement needs them. */
interface Enabled {
  readonly active: boolean;
  onUndo(undo: () => void): void;
}

/** What a replacement reports to: the latest enabled instrumentation. */
export class Attachment<Events> {
  events: Events;
  #hooks: Enabled;
  /** By a later one. */
  readonly #earlier: { events: Events; hooks: Enabled }[] = [];
  /** Put off while another instrumentation needs the replacement. */
  readonly #restores: (() => void)[] = [];

  constructor(events: Events, hooks: Enabled) {
    this.events = events;
    this.#hooks = hooks;
  }

  /** False while disabled: then it passes through. */
  get active(): boolean {
    return this.#hooks.active || this.#returnsToEarlier();
  }

  moveTo(events: Events, hooks: Enabled): void {
    if (hooks !== this.#hooks && this.active) this.#earlier.push({ events: this.events, hooks: this.#hooks });
    this.events = events;
    this.#hooks = hooks;
  }

  /** Once nothing is attached. */
  restore(restore: () => void): void {
    this.#restores.push(restore);
    if (this.active) return;
    for (const each of this.#restores.splice(0).reverse()) each();
  }

  #returnsToEarlier(): boolean {
    for (let last = this.#earlier.pop(); last; last = this.#earlier.pop()) {
      if (!last.hooks.active) continue;
      this.events = last.events;
      this.#hooks = last.hooks;
      return true;
    }
    return false;
  }
}

interface Replacement {
  fn: AnyFunction;
  attachment: Attachment<any>;
}

type Replacements = WeakMap<AnyFunction, Replacement>;

/** By original and itself. */
const ofAnyAdapter: Replacements = new WeakMap();
const byAdapter = new WeakMap<object, Replacements>();
/** By the replacement. */
const attachments = new WeakMap<AnyFunction, Attachment<any>>();
const originals = new WeakMap<AnyFunction, AnyFunction>();

/**
 * For functions that outlive the hooks, in importers and closures: made once, reattached later. Copies own properties.
 *
 * @param adapter where another adapter may replace it
 */
export function replacementOf<Events>(
  original: AnyFunction,
  events: Events,
  hooks: Enabled,
  make: (original: AnyFunction, attachment: Attachment<Events>) => AnyFunction,
  adapter?: object,
): AnyFunction {
  const replacements = replacementsOf(adapter);
  const known = replacements.get(original);
  if (known) {
    known.attachment.moveTo(events, hooks);
    return known.fn;
  }
  // Another adapter has replaced ours; importers hold its replacement.
  for (let fn = originals.get(original); fn; fn = originals.get(fn)) {
    const below = replacements.get(fn);
    if (below?.fn !== fn) continue;
    below.attachment.moveTo(events, hooks);
    hooks.onUndo(() => below.attachment.restore(() => {}));
    return original;
  }
  const attachment = new Attachment(events, hooks);
  const fn = Object.defineProperties(make(original, attachment), propertiesOf(original)) as AnyFunction;
  for (const key of [original, fn]) replacements.set(key, { fn, attachment });
  attachments.set(fn, attachment);
  originals.set(fn, original);
  return fn;
}

function replacementsOf(adapter: object | undefined): Replacements {
  if (!adapter) return ofAnyAdapter;
  let own = byAdapter.get(adapter);
  if (!own) byAdapter.set(adapter, (own = new WeakMap()));
  return own;
}

/** Runs `restore`; for a replacement that another instrumentation uses, after that. */
export function restoreUnused(replacement: unknown, restore: () => void): void {
  const attachment = attachments.get(replacement as AnyFunction);
  if (attachment) attachment.restore(restore);
  else restore();
}

/** Replaces one object's method, undone with that object. Copies own properties. */
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
