import { propagation, type Context } from '@opentelemetry/api';
import { AttemptBaggage } from '@foreshock/kit';
import { RETRY_UPSTREAM_ATTEMPTS } from '@foreshock/kit/names';
import type { SentAttempt } from './sends.ts';

const MAX = 9_999;
const DIGITS = /^[1-9]\d{0,3}$/;

/** Least requests for this operation by the callers' `baggage`; 1 if absent or invalid. */
export function upstreamAttempts(where: Context): number {
  const value = propagation.getBaggage(where)?.getEntry(RETRY_UPSTREAM_ATTEMPTS)?.value;
  return value !== undefined && DIGITS.test(value) ? Number(value) : 1;
}

/** Propagates the number of requests during an attempt, except the first. */
export function withUpstreamAttempts(where: Context, attempt: SentAttempt): Context {
  const value = (): string | undefined => {
    const { resends } = attempt;
    return attempt.over || resends === 0 ? undefined : String(Math.min(MAX, attempt.sends.upstream + resends));
  };
  return propagation.setBaggage(where, new AttemptBaggage(propagation.getBaggage(where), value));
}
