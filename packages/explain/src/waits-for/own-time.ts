import type { Known } from './context.ts';
import type { Share } from './evidence.ts';
import { waitBeforeCalls } from './unseen-waits.ts';

/** Of extra time, before the queries. */
const LEAST_SHARE = 0.7;
const TIMES = 1.5;
/** Queries' least slowdown, as a share of the wait for a connection. */
const LEAST_OF_WAIT = 0.1;

/** Own time before queries of a slow database may be an unreported wait for a connection. */
export function ofOwnTime(known: Known, share: Share, ms: number): Share {
  const { service } = share.place;
  if (known.withPools.has(service)) return share;
  const wait = waitBeforeCalls(known.whole, share.row);
  if (!wait || wait.ms < ms * LEAST_SHARE) return share;
  const slow = known.changes.find(
    ({ signal, excessMs, isNew, meanMs, meanBeforeMs }) =>
      signal.kind === 'dependency' &&
      signal.service === service &&
      signal.peer === wait.target &&
      excessMs > 0 &&
      !isNew &&
      meanMs > TIMES * meanBeforeMs &&
      meanMs - meanBeforeMs > wait.ms * LEAST_OF_WAIT,
  );
  if (!slow) return { ...share, note: 'unseen' };
  return { ...share, place: { service, resource: wait.target }, signal: slow.signal.id, isTied: false };
}
