import { offerState } from '@foreshock/kit';
import type { BreakerState } from './events.ts';

const MOST = 20;

/** By name, if not closed. */
const states = new Map<string, BreakerState>();
let isOffered = false;

/** Such as `breaker payments open`. */
export function noteBreaker(breaker: string | undefined, state: BreakerState): void {
  const name = breaker ?? 'without a name';
  if (state === 'closed') states.delete(name);
  else if (states.size < MOST || states.has(name)) states.set(name, state);
  if (isOffered) return;
  isOffered = true;
  offerState(() => Array.from(states, ([each, its]) => `breaker ${each} ${its}`));
}
