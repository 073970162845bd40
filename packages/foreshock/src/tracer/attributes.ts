import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { maybeAddAttribute } from '@opentelemetry/core';
import { guard, report, type CommonAttributes } from '@foreshock/kit';

/** The specification's limits. */
export interface AttributeLimits {
  attributeCountLimit: number;
  attributeValueLengthLimit: number;
}

const NONE: readonly never[] = [];
/** Shared by spans without attributes; never modified. */
const NO_ATTRIBUTES: Attributes = Object.freeze({}) as Attributes;
// In `for … in`, V8 knows the answer: a quarter of `Object.hasOwn`.
const { hasOwnProperty } = Object.prototype;

/** Limited attributes: shared, given at start, set later (alternating keys and values). */
export class LimitedAttributes {
  readonly #limits: AttributeLimits;
  #count = 0;
  dropped = 0;
  common: CommonAttributes | undefined;
  moreCommon: CommonAttributes | undefined;
  given: Attributes;
  /** Its keys are in no other part. */
  later: readonly unknown[] = NONE;

  /**
   * @param given copied unless `owned`, with referenced values
   * @param owned not changed elsewhere
   */
  constructor(limits: AttributeLimits, given?: Attributes, owned = false) {
    this.#limits = limits;
    let start = NO_ATTRIBUTES;
    let plain = 0;
    try {
      plain = given !== null && typeof given === 'object' ? countPlain(given, limits) : 0;
      // A spread clones the shape at once; copying by key costs several times more.
      if (plain > 0) start = owned ? given! : { ...given };
    } catch {
      // A getter threw; below, only its key is lost.
      plain = -1;
    }
    this.given = start;
    this.#count = Math.max(plain, 0);
    if (plain < 0) this.setAll(given!, true);
  }

  get values(): Attributes {
    const { common, moreCommon, given, later } = this;
    if (common === undefined && later.length === 0) return given;
    const values: Attributes = { ...common?.values, ...moreCommon?.values, ...given };
    for (let i = 0; i < later.length; i += 2) values[later[i] as string] = later[i + 1] as AttributeValue;
    return values;
  }

  get(key: string): AttributeValue | undefined {
    const { common, moreCommon, given, later } = this;
    const started = given[key] ?? common?.values[key] ?? moreCommon?.values[key];
    if (started !== undefined) return started;
    for (let i = 0; i < later.length; i += 2) if (later[i] === key) return later[i + 1] as AttributeValue;
    return undefined;
  }

  each(visit: (key: string, value: AttributeValue | undefined) => void): void {
    const { common, moreCommon, given, later } = this;
    if (common) visitAll(common.values, visit);
    if (moreCommon) visitAll(moreCommon.values, visit);
    visitAll(given, visit);
    for (let i = 0; i < later.length; i += 2) visit(later[i] as string, later[i + 1] as AttributeValue);
  }

  /** None may be set yet. */
  addCommon(common: CommonAttributes): void {
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    const fits = this.#count + common.count <= attributeCountLimit && common.longest <= attributeValueLengthLimit;
    if (!fits || this.moreCommon) return this.setAll(common.values as Attributes);
    this.#count += common.count;
    if (this.common) this.moreCommon = common;
    else this.common = common;
  }

  set(key: string, value: unknown, isStart = false): void {
    if (value === undefined) return;
    const type = typeof value;
    if ((type !== 'string' && type !== 'number' && type !== 'boolean') || typeof key !== 'string' || key === '') {
      this.#setUnusual(key, value, isStart);
      return;
    }
    const limit = this.#limits.attributeValueLengthLimit;
    const text = value as string;
    this.#put(key, type === 'string' && text.length > limit ? text.slice(0, limit) : (value as AttributeValue));
  }

  /** @param isStart counts invalid ones as dropped, as the SDK does */
  setAll(attributes: Attributes, isStart = false): void {
    // Listing may throw, too.
    guard('reading attributes', () => {
      for (const key in attributes) if (hasOwnProperty.call(attributes, key)) this.#read(attributes, key, isStart);
    });
  }

  #read(attributes: Attributes, key: string, isStart: boolean): void {
    try {
      this.set(key, attributes[key], isStart);
    } catch (error) {
      this.dropped++;
      report('reading an attribute', error);
    }
  }

  #put(key: string, value: AttributeValue): void {
    const later = this.later as unknown[];
    for (let i = 0; i < later.length; i += 2) {
      if (later[i] !== key) continue;
      later[i + 1] = value;
      return;
    }
    const common = this.common?.values[key] ?? this.moreCommon?.values[key];
    if (common === value) return;
    if (common !== undefined) this.#takeApart();
    if (this.given[key] !== undefined && Object.hasOwn(this.given, key)) {
      this.given[key] = value;
    } else if (this.#count >= this.#limits.attributeCountLimit) {
      this.dropped++;
    } else {
      this.#count++;
      if (this.later === NONE) this.later = [key, value];
      else later.push(key, value);
    }
  }

  /** Before a shared attribute changes. */
  #takeApart(): void {
    this.given = { ...this.values };
    this.common = this.moreCommon = undefined;
    this.later = NONE;
  }

  /** Checks and copies arrays, bytes, nested values as the SDK does. */
  #setUnusual(key: unknown, value: unknown, isStart: boolean): void {
    if (key === null || key === undefined || typeof key === 'symbol') return;
    this.#takeApart();
    try {
      // The SDK's check allocates a WeakSet per value: too expensive for strings.
      const decision = maybeAddAttribute({
        key: key as string,
        value,
        attributes: this.given,
        limits: this.#limits,
        currentAttributesCount: this.#count,
      } as Parameters<typeof maybeAddAttribute>[0]) as number;
      if (decision === ADDED) this.#count++;
      else if (decision === REFUSED || (decision === INVALID && isStart)) this.dropped++;
    } catch (error) {
      // A getter or `diag` threw.
      this.dropped++;
      report('reading an attribute', error);
    }
  }
}

function visitAll(values: Readonly<Attributes>, visit: (key: string, value: AttributeValue | undefined) => void): void {
  for (const key in values) visit(key, values[key]);
}

/** -1 unless primitives within limits. */
function countPlain(given: Attributes, limits: AttributeLimits): number {
  let count = 0;
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== Object.prototype && prototype !== null) return -1;
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

// @opentelemetry/core's `AddAttributeDecision`, exported as type only.
const INVALID = 1;
const REFUSED = 2;
const ADDED = 3;
