import type { Context } from '@opentelemetry/api';

/**
 * Finds, from code that a policy runs, the call on whose behalf it does: a context carries the innermost call
 * of each policy under a key of the policy's own.
 */
export class OwnedCalls<C> {
  readonly #keys = new WeakMap<object, symbol>();

  #keyOf(owner: object): symbol {
    let key = this.#keys.get(owner);
    if (!key) this.#keys.set(owner, (key = Symbol('foreshock.call')));
    return key;
  }

  /** A context in which `call` is the owner's. */
  within(where: Context, owner: object, call: C): Context {
    return where.setValue(this.#keyOf(owner), call);
  }

  /** The owner's call in this context. */
  in(where: Context, owner: object): C | undefined {
    const key = this.#keys.get(owner);
    return key && (where.getValue(key) as C | undefined);
  }
}
