import type { Analysis } from '../analyse.ts';
import type { CauseKind } from '../verdict/cause-kinds.ts';
import { largest } from '../verdict/largest.ts';
import { type Named, nameCause } from '../verdict/name-cause.ts';
import type { Evidence } from '../waits-for/evidence.ts';
import type { Place } from '../waits-for/place.ts';
import { type Onset, onsetOf } from '../changes/onset.ts';

export interface FactsOfCause {
  kind: CauseKind;
  place: Place;
  /** May be empty. */
  detail: string;
  service: string;
  resource: string;
  operation: string;
  /** What the holders of a pool did meanwhile; may be empty. */
  holding: string;
  /** Medians in baseline and window; NaN without calls. */
  beforeMs: number;
  nowMs: number;
  error: string;
  /** Of the pool. */
  limit: number;
  mostPending: number;
  longestWaitMs: number;
  /** Most frequent route of the explained requests. */
  viaPool: string;
}

export function factsOfCause({ known }: Analysis, evidence: Evidence): FactsOfCause {
  const { table } = known.whole;
  const text = (id: number): string => table.strings.text(id);
  const { kind, place, detail }: Named = nameCause(known, evidence);
  const signalId = largest(evidence.bySignal);
  const change = signalId === undefined ? undefined : known.changes[signalId];
  let limit = 0;
  let mostPending = 0;
  let longestWaitMs = 0;
  let viaPool = '';
  for (const { row, met, through } of evidence.examples) {
    for (const at of [row, met]) {
      const facts = table.facts[at];
      if (!facts?.isWait) continue;
      limit = Math.max(limit, facts.poolLimit ?? 0);
      mostPending = Math.max(mostPending, facts.poolPending ?? 0);
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

/** From the cause's calls, else from the requests that it slowed down. */
export function onsetOfCause(analysis: Analysis, evidence: Evidence): Onset | undefined {
  const { known, requests, bad } = analysis;
  const { table, signals } = known.whole;
  const { onset } = nameCause(known, evidence);
  if (onset) return onset;
  const signalId = largest(evidence.bySignal);
  const holders = firstHolder(analysis, evidence);
  if (holders !== undefined) return holders;
  const since = known.window.baseline?.from ?? known.window.from;
  if (signalId !== undefined) {
    const change = known.changes[signalId]!;
    const samples = [];
    for (let at = 0; at < signals.size; at++) {
      if (signals.signal[at] !== signalId) continue;
      const start = table.start[signals.row[at]!]!;
      if (start > known.window.to || start < since) continue;
      samples.push({ at: start, isUsual: signals.ms[at]! <= change.p95BeforeMs * 1.5 + 5 });
    }
    return onsetOf(samples, 0);
  }
  const badRows = new Set(bad.map(({ row }) => row));
  const routes = new Set(bad.filter(({ row }) => evidence.shareOf.has(row)).map(({ route }) => route));
  const samples = requests
    .filter(({ route, start }) => routes.has(route) && start >= since && start <= known.window.to)
    .map(({ row, start }) => ({ at: start, isUsual: !badRows.has(row) }));
  return onsetOf(samples, 0);
}

/** A pool's holders start before the first wait. */
function firstHolder({ known }: Analysis, { examples, notes }: Evidence): Onset | undefined {
  const { table } = known.whole;
  if (largest(notes) !== 'long') return undefined;
  let first = Infinity;
  for (const { row } of examples) {
    const facts = table.facts[row];
    const trace = facts?.holderTrace ? table.findTrace(facts.holderTrace.toLowerCase()) : undefined;
    if (trace === undefined) continue;
    for (let at = known.traces.from[trace]!; at < known.traces.from[trace + 1]!; at++) {
      const held = known.traces.rows[at]!;
      if (table.service[held] === table.service[row]) first = Math.min(first, table.start[held]!);
    }
  }
  return Number.isFinite(first) ? { at: first, plusMinusMs: 0 } : undefined;
}
