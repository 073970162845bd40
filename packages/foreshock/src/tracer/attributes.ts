import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { maybeAddAttribute } from '@opentelemetry/core';
import { report } from '@foreshock/kit';

/** How many attributes, and how long their texts; the specification's limits. */
export interface AttributeLimits {
  attributeCountLimit: number;
  attributeValueLengthLimit: number;
}

/** Attributes under limits, counting what they refuse. */
export class LimitedAttributes {
  readonly values: Attributes;
  readonly #limits: AttributeLimits;
  #count: number;
  dropped = 0;

  /** @param given copied; what it refers to is copied too */
  constructor(limits: AttributeLimits, given?: Attributes) {
    this.#limits = limits;
    let values: Attributes = {};
    let plain = 0;
    try {
      plain = given ? countPlain(given, limits) : 0;
      // A spread clones the object's shape at once; key by key costs several times as much.
      if (plain > 0) values = { ...given };
    } catch {
      // A getter of the application's that throws; below it costs its own key only.
      plain = -1;
    }
    this.values = values;
    this.#count = Math.max(plain, 0);
    if (plain < 0) this.setAll(given!);
  }

  set(key: string, value: unknown): void {
    if (value === undefined) return;
    const type = typeof value;
    if ((type !== 'string' && type !== 'number' && type !== 'boolean') || typeof key !== 'string' || key === '') {
      this.#setUnusual(key, value);
      return;
    }
    if (!Object.hasOwn(this.values, key)) {
      if (this.#count >= this.#limits.attributeCountLimit) {
        this.dropped++;
        return;
      }
      this.#count++;
    }
    const limit = this.#limits.attributeValueLengthLimit;
    const text = value as string;
    this.values[key] = type === 'string' && text.length > limit ? text.slice(0, limit) : (value as AttributeValue);
  }

  setAll(attributes: Attributes): void {
    for (const key in attributes) {
      try {
        if (Object.hasOwn(attributes, key)) this.set(key, attributes[key]);
      } catch (error) {
        this.dropped++;
        report('reading an attribute', error);
      }
    }
  }

  /** Arrays, bytes, nested values and mistakes: checked and copied as the SDK does it. */
  #setUnusual(key: unknown, value: unknown): void {
    // The SDK's check makes a WeakSet for each value it looks at: fine for these few, not for every string.
    const decision = maybeAddAttribute({
      key: String(key ?? ''),
      value,
      attributes: this.values,
      limits: this.#limits,
      currentAttributesCount: this.#count,
    } as Parameters<typeof maybeAddAttribute>[0]) as number;
    if (decision === ADDED) this.#count++;
    else if (decision === INVALID || decision === REFUSED) this.dropped++;
  }
}

/** How many attributes there are, if each is a text, number or boolean within the limits; else -1. */
function countPlain(given: Attributes, limits: AttributeLimits): number {
  let count = 0;
  for (const key in given) {
    const value = given[key];
    switch (typeof value) {
      case 'string':
        if (value.length > limits.attributeValueLengthLimit) return -1;
        break;
      case 'number':
      case 'boolean':
        break;
      default:
        return -1;
    }
    if (key === '' || ++count > limits.attributeCountLimit) return -1;
  }
  return count;
}

// `AddAttributeDecision` of @opentelemetry/core, an enum that is exported as a type.
const INVALID = 1;
const REFUSED = 2;
const ADDED = 3;
