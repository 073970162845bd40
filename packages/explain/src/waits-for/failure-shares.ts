import { calleeOf } from '../decompose/callee.ts';
import type { Decomposed } from '../decompose/decomposed.ts';
import { isPoolWait } from '../spans/pool-wait.ts';
import { KIND } from '../spans/span-table.ts';
import { failuresBehindBreakers } from './breakers.ts';
import type { Known } from './context.ts';
import type { Share } from './evidence.ts';
import { followWait, poolOf } from './follow.ts';
import type { Place } from './place.ts';

export interface FailureShares {
  /** `met`: the bad request's span. */
  ofFailure(row: number, share: number, met?: number): Share[];
  /** The failed attempt causes it. */
  ofBackOff(attempt: number, share: number): Share[];
}

export function failureShares(known: Known): FailureShares {
  const { whole } = known;
  const { table } = whole;
  const lastFailure = failuresBehindBreakers(whole);

  const ofFailure = (row: number, share: number, met: number = row, through: Place[] = []): Share[] => {
    const attributes = table.attributes[row];
    const ms = table.end[row]! - table.start[row]!;
    // No holder is why a connection could not be opened.
    if (isPoolWait(table, row) && attributes!.waitReason !== 'connect') return followWait(known, row, share, ms);
    const service = table.service[row]!;
    if (attributes?.breakerOutcome === 'rejected' && attributes.breaker) {
      const place = { service, resource: table.strings.id(`breaker ${attributes.breaker}`) };
      const behind = lastFailure(service, attributes.breaker, table.start[row]!);
      if (behind >= 0 && through.length === 0) return ofFailure(originBelow(whole, behind), share, met, [place]);
      return [{ place, row, share, ms, error: 'rejected', isTied: true, met, through }];
    }
    const error = table.strings.text(table.errorType[row]!) || 'error';
    const place = placeOfFailure(known, row);
    const note = place.resource === 0 && isLate(known, row, ms) ? { note: 'unseen' } : {};
    return [{ place, row, share, ms, error, isTied: true, met, through, ...note }];
  };

  const ofBackOff = (attempt: number, share: number): Share[] => {
    const { parent, childStart, children } = whole.trees;
    const caller = parent[attempt]!;
    let before = -1;
    for (let i = childStart[caller]!; i < childStart[caller + 1]!; i++) {
      const row = children[i]!;
      if (table.failed[row] === 1 && table.end[row]! <= table.start[attempt]!) before = row;
    }
    return before < 0 ? [] : ofFailure(originBelow(whole, before), share, attempt);
  };

  return { ofFailure, ofBackOff };
}

/** So late and so much slower, it is a timeout, whose cause has no span. */
const LATE_MS = 1_000;
const LATE_TIMES = 5;

function isLate({ changes, whole, samplesOf, withPools }: Known, row: number, ms: number): boolean {
  const { table, signals, clipped } = whole;
  if (ms < LATE_MS || withPools.has(table.service[row]!) || clipped.entry[row]! < 0) return false;
  const at = samplesOf(clipped.entry[row]!).find((each) => signals.row[each] === row);
  if (at === undefined) return false;
  const { signal, meanBeforeMs } = changes[signals.signal[at]!]!;
  return signal.kind === 'self' && signals.ms[at]! > LATE_MS && signals.ms[at]! > LATE_TIMES * meanBeforeMs;
}

function placeOfFailure(known: Known, row: number): Place {
  const { whole, speaking } = known;
  const { table } = whole;
  const service = table.service[row]!;
  if (isPoolWait(table, row)) return { service, resource: poolOf(known, row), isOpening: true };
  const attributes = table.attributes[row];
  const isCall =
    table.kind[row] === KIND.CLIENT || table.kind[row] === KIND.PRODUCER || attributes?.breakerOutcome === 'timeout';
  if (!isCall) return { service, resource: 0 };
  const peer = calleeOf(whole, row);
  return speaking.has(peer) ? { service: peer, resource: 0 } : { service, resource: peer };
}

const DEEPEST = 32;

/** A failed call's cause may be in its server. */
function originBelow({ table, trees }: Decomposed, row: number): number {
  const { childStart, children } = trees;
  let at = row;
  for (let depth = 0; depth < DEEPEST; depth++) {
    let next = -1;
    for (let i = childStart[at]!; i < childStart[at + 1]!; i++) {
      if (table.failed[children[i]!] === 1) next = children[i]!;
    }
    if (next < 0) break;
    at = next;
  }
  return at;
}
