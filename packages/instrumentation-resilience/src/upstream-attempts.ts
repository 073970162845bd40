import { propagation, type Context } from '@opentelemetry/api';
import { AttemptBaggage } from '@foreshock/kit';
import { RETRY_UPSTREAM_ATTEMPTS } from '@foreshock/kit/names';
import type { SentAttempt } from './sends.ts';

/** More is no count of attempts any more. */
const MAX = 9_999;
const DIGITS = /^[1-9]\d{0,3}$/;

/**
 * Of how many requests for the same operation this is the latest, at least, by the callers' account in `baggage`.
 * 1 when they say nothing, or nonsense.
 */
export function upstreamAttempts(where: Context): number {
  const value = propagation.getBaggage(where)?.getEntry(RETRY_UPSTREAM_ATTEMPTS)?.value;
  return value !== undefined && DIGITS.test(value) ? Number(value) : 1;
}

/**
 * A context that tells the services called from it how many requests there were before, while the attempt lasts;
 * the first request for an operation says nothing.
 */
export function withUpstreamAttempts(where: Context, attempt: SentAttempt): Context {
  const value = (): string | undefined => {
    const { resends } = attempt;
    return attempt.over || resends === 0 ? undefined : String(Math.min(MAX, attempt.sends.upstream + resends));
  };
  return propagation.setBaggage(where, new AttemptBaggage(propagation.getBaggage(where), value));
}
