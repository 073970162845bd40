import { propagation, type Baggage, type BaggageEntry, type Context } from '@opentelemetry/api';
import { RETRY_UPSTREAM_ATTEMPTS } from './names.ts';

const ATTEMPT = Symbol.for('foreshock.attempt-baggage');

/** An entry that ends with its attempt: work that outlives it does not send it. */
export class AttemptBaggage implements Baggage {
  readonly #rest: Baggage;
  readonly #value: () => string | undefined;
  #latest: { value: string | undefined; baggage: Baggage } | undefined;

  constructor(given: Baggage | undefined, value: () => string | undefined) {
    this.#rest = withoutEntry(given ?? propagation.createBaggage());
    this.#value = value;
  }

  get [ATTEMPT](): true {
    return true;
  }

  /** The same object until it changes, for cached encoding. */
  get current(): Baggage {
    const value = this.#value();
    if (!this.#latest || this.#latest.value !== value) {
      const baggage = value === undefined ? this.#rest : this.#rest.setEntry(RETRY_UPSTREAM_ATTEMPTS, { value });
      this.#latest = { value, baggage };
    }
    return this.#latest.baggage;
  }

  get rest(): Baggage {
    return this.#rest;
  }

  getEntry(key: string): BaggageEntry | undefined {
    return this.current.getEntry(key);
  }

  getAllEntries(): [string, BaggageEntry][] {
    return this.current.getAllEntries();
  }

  setEntry(key: string, entry: BaggageEntry): Baggage {
    return key === RETRY_UPSTREAM_ATTEMPTS
      ? this.#rest.setEntry(key, entry)
      : this.#with(this.#rest.setEntry(key, entry));
  }

  removeEntry(key: string): Baggage {
    return key === RETRY_UPSTREAM_ATTEMPTS ? this.#rest : this.#with(this.#rest.removeEntry(key));
  }

  removeEntries(...keys: string[]): Baggage {
    const rest = this.#rest.removeEntries(...keys);
    return keys.includes(RETRY_UPSTREAM_ATTEMPTS) ? rest : this.#with(rest);
  }

  clear(): Baggage {
    return this.#rest.clear();
  }

  #with(rest: Baggage): Baggage {
    return new AttemptBaggage(rest, this.#value);
  }
}

export function currentBaggage(baggage: Baggage): Baggage {
  return isOfAttempt(baggage) ? baggage.current : baggage;
}

/** Outgoing calls do not inherit the incoming count. */
export function whereSent(where: Context): Context {
  const baggage = propagation.getBaggage(where);
  if (!baggage || isOfAttempt(baggage) || !baggage.getEntry(RETRY_UPSTREAM_ATTEMPTS)) return where;
  return propagation.setBaggage(where, withoutEntry(baggage));
}

function withoutEntry(baggage: Baggage): Baggage {
  if (isOfAttempt(baggage)) return baggage.rest;
  return baggage.getEntry(RETRY_UPSTREAM_ATTEMPTS) ? baggage.removeEntry(RETRY_UPSTREAM_ATTEMPTS) : baggage;
}

function isOfAttempt(baggage: Baggage): baggage is AttemptBaggage {
  return (baggage as Partial<AttemptBaggage>)[ATTEMPT] === true;
}
