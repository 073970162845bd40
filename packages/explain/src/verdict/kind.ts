import type { Known } from '../waits-for/context.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { CauseKind } from './cause-kinds.ts';
import { kindOfFailure } from './kind-of-failure.ts';
import { kindOfPool } from './kind-of-pool.ts';
import { kindOfTime } from './kind-of-time.ts';
import { largest, sumOf } from './largest.ts';
import { isStorm } from './retry-storm.ts';

/** Of requests that make more calls themselves. */
const LEAST_MORE = 0.25;

export function kindOf(known: Known, evidence: Evidence): CauseKind {
  const { strings } = known.whole.table;
  const resource = strings.text(evidence.place.resource);
  if (resource.startsWith('breaker ')) return 'breaker_open';
  if (resource.startsWith('pool ') && !evidence.place.isOpening)
    return kindOfPool(known, evidence, resource.slice('pool '.length));
  if (sumOf(evidence.byError) > evidence.requests / 2) {
    if (isStorm(known, evidence)) return 'retry_storm';
    return kindOfFailure(largest(evidence.byError) ?? '', resource, known, evidence);
  }
  if (resource.startsWith('queue ')) return 'queue_backlog';
  // Who waited for others with more calls shows nothing itself.
  const more = evidence.notes.get('more') ?? 0;
  if (more > (evidence.requests - evidence.waits) / 2 && more > evidence.requests * LEAST_MORE) return 'more_calls';
  return kindOfTime(known, evidence);
}
