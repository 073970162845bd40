import { createContextKey, type Context } from '@opentelemetry/api';

const SENDS = createContextKey('foreshock.sends');

/**
 * The attempts of one operation that sent something: one that an open breaker refused did not, and the attempt after
 * it is no resend.
 */
export class Sends {
  #attempts = 0;
  #latest = 0;

  /** @returns how many attempts before this one have sent something */
  before(attempt: number): number {
    if (attempt !== this.#latest) {
      this.#latest = attempt;
      this.#attempts++;
    }
    return this.#attempts - 1;
  }
}

export function withSends(where: Context, sends: Sends): Context {
  return where.setValue(SENDS, sends);
}

/** Of the innermost operation that is tried again here, if one is. */
export function sendsOf(where: Context): Sends | undefined {
  return where.getValue(SENDS) as Sends | undefined;
}
