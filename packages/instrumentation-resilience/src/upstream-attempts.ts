import { propagation, type Context } from '@opentelemetry/api';
import { RETRY_UPSTREAM_ATTEMPTS } from '@foreshock/kit/names';

/** More is no count of attempts any more. */
const MAX = 9_999;
const DIGITS = /^[1-9]\d{0,3}$/;

/**
 * Of how many requests for the same operation this is the latest, by the callers' account in `baggage`: the
 * product of their attempts. 1 when they say nothing, or nonsense.
 */
export function upstreamAttempts(where: Context): number {
  const value = propagation.getBaggage(where)?.getEntry(RETRY_UPSTREAM_ATTEMPTS)?.value;
  return value !== undefined && DIGITS.test(value) ? Number(value) : 1;
}

/** A context that tells the services called from it about this attempt; first attempts cost no header. */
export function tellAttempt(where: Context, attempt: number): Context {
  if (attempt === 1) return where;
  const baggage = propagation.getBaggage(where) ?? propagation.createBaggage();
  const value = String(Math.min(MAX, upstreamAttempts(where) * attempt));
  return propagation.setBaggage(where, baggage.setEntry(RETRY_UPSTREAM_ATTEMPTS, { value }));
}
