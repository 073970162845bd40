import type { Analysis } from '../analyse.ts';
import { isPoolWait } from '../spans/pool-wait.ts';
import type { CauseKind } from '../verdict/cause-kinds.ts';
import { largest, sumOf } from '../verdict/largest.ts';
import { nameCause } from '../verdict/name-cause.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { Place } from '../waits-for/place.ts';

export interface CauseSummary {
  kind: CauseKind;
  place: Place;
  /** May be empty. */
  detail: string;
  service: string;
  resource: string;
  operation: string;
  /** What a pool's holders did meanwhile; may be empty. */
  holding: string;
  /** Medians; NaN without calls. */
  beforeMs: number;
  nowMs: number;
  error: string;
  /** Not merely slow. */
  mostlyFails: boolean;
  /** Of the pool. */
  limit: number;
  mostPending: number;
  longestWaitMs: number;
  /** The explained requests' most frequent. */
  viaPool: string;
}

export function summaryOfCause({ known }: Analysis, evidence: Evidence): CauseSummary {
  const { table } = known.whole;
  const text = (id: number): string => table.strings.text(id);
  const { kind, place, detail } = nameCause(known, evidence);
  const signalId = largest(evidence.bySignal);
  const change = signalId === undefined ? undefined : known.changes[signalId];
  let limit = 0;
  let mostPending = 0;
  let longestWaitMs = 0;
  let viaPool = '';
  for (const { row, met, through } of evidence.examples) {
    for (const at of [row, met]) {
      if (!isPoolWait(table, at)) continue;
      const { poolLimit = 0, poolPending = 0 } = table.attributes[at]!;
      limit = Math.max(limit, poolLimit);
      mostPending = Math.max(mostPending, poolPending);
      longestWaitMs = Math.max(longestWaitMs, table.end[at]! - table.start[at]!);
    }
    const pool = through.find(({ resource }) => text(resource).startsWith('pool '));
    if (pool) viaPool = text(pool.resource);
  }
  const holder = largest(evidence.byHolder) ?? '';
  return {
    kind,
    place,
    detail,
    service: text(place.service),
    resource: text(place.resource),
    operation: operationOf(kind, holder, change && change.signal.operation !== 0 ? text(change.signal.operation) : ''),
    beforeMs: change && !change.isNew ? change.meanBeforeMs : Number.NaN,
    nowMs: change?.meanMs ?? Number.NaN,
    holding: largest(evidence.byHolding) ?? '',
    error: largest(evidence.byError) ?? '',
    mostlyFails: sumOf(evidence.byError) * 2 > evidence.requests,
    limit,
    mostPending,
    longestWaitMs,
    viaPool,
  };
}

function operationOf(kind: CauseKind, holder: string, operation: string): string {
  if (kind === 'long_hold' || kind === 'connection_leak' || kind === 'dependency_cycle') return holder;
  return operation;
}
