import type { Context } from '@opentelemetry/api';

/** Each policy's innermost call, in the context under its own key. */
export class OwnedCalls<C> {
  readonly #keys = new WeakMap<object, symbol>();

  #keyOf(owner: object): symbol {
    let key = this.#keys.get(owner);
    if (!key) this.#keys.set(owner, (key = Symbol('foreshock.call')));
    return key;
  }

  within(where: Context, owner: object, call: C): Context {
    return where.setValue(this.#keyOf(owner), call);
  }

  in(where: Context, owner: object): C | undefined {
    const key = this.#keys.get(owner);
    return key && (where.getValue(key) as C | undefined);
  }
}
