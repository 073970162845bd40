import type { AppRequest } from '../window/requests.ts';
import { failuresBehindBreakers } from './breakers.ts';
import type { Known } from './context.ts';
import type { Share } from './evidence.ts';
import { followWait } from './follow.ts';
import type { Place } from './place.ts';
import { placeOfSignal } from './place-of-signal.ts';
import { slowedParts } from './slowed-parts.ts';
import { peerOf } from '../decompose/decompose.ts';

/** What one bad request was slow or failed for. */
export type SharesOf = (request: AppRequest, usualMs: number) => Share[];

export function sharesOfRequests(known: Known): SharesOf {
  const { whole, failures, changes } = known;
  const { table, signals } = whole;
  const lastFailure = failuresBehindBreakers(whole);

  /** Follows a failed call to what it failed of. */
  const sharesOfFailure = (row: number, share: number, met: number = row, through: Place[] = []): Share[] => {
    const facts = table.facts[row];
    const length = table.end[row]! - table.start[row]!;
    if (facts?.isWait) return followWait(known, row, share, length);
    const service = table.service[row]!;
    if (facts?.breakerOutcome === 'rejected' && facts.breaker) {
      const behind = lastFailure(service, facts.breaker, table.start[row]!);
      const place = { service, resource: table.strings.id(`breaker ${facts.breaker}`) };
      if (behind >= 0 && through.length === 0) return sharesOfFailure(originBelow(behind), share, met, [place]);
      return [{ place, row, share, ms: length, error: 'rejected', isTied: true, met, through }];
    }
    const error = table.strings.text(table.errorType[row]!);
    const isCall = table.kind[row] === 3 || table.kind[row] === 4;
    const peer = isCall
      ? whole.remote[row]! >= 0
        ? table.service[whole.remote[row]!]!
        : peerOf(table, whole.owners, row, facts)
      : 0;
    const place = !isCall
      ? { service, resource: 0 }
      : known.speaking.has(peer)
        ? { service: peer, resource: 0 }
        : { service, resource: peer };
    return [{ place, row, share, ms: length, error: error || 'error', isTied: true, met, through }];
  };

  /** A call's failure may be its server's own. */
  const originBelow = (row: number): number => {
    const { childStart, children } = whole.trees;
    let at = row;
    for (let depth = 0; depth < 32; depth++) {
      let next = -1;
      for (let i = childStart[at]!; i < childStart[at + 1]!; i++)
        if (table.failed[children[i]!] === 1) next = children[i]!;
      if (next < 0) return at;
      at = next;
    }
    return at;
  };

  const slowShares = (request: AppRequest, usualMs: number, weight: number): Share[] => {
    const found = slowedParts(known, request);
    const sum = found.reduce((total, { ms }) => total + ms, 0);
    if (sum === 0) return [];
    // What the changed signals explain of the request's excess, never more than all of it.
    const whole = weight / Math.max(sum, request.ms - usualMs);
    return found.flatMap(({ at, ms }) => {
      const { signal } = changes[signals.signal[at]!]!;
      const row = signals.row[at]!;
      if (signal.kind === 'poolWait') return followWait(known, row, ms * whole, ms);
      if (signal.kind === 'backOff') return sharesOfBackOff(row, ms * whole);
      const isTied = signal.kind !== 'call' && signal.kind !== 'self';
      return [
        {
          place: placeOfSignal(known, signal),
          row,
          share: ms * whole,
          ms,
          signal: signal.id,
          isTied,
          met: row,
          through: [],
        },
      ];
    });
  };

  /** The pause before an attempt is there because the one before failed. */
  const sharesOfBackOff = (attempt: number, share: number): Share[] => {
    const { parent, childStart, children } = known.whole.trees;
    const caller = parent[attempt]!;
    let before = -1;
    for (let i = childStart[caller]!; i < childStart[caller + 1]!; i++) {
      const row = children[i]!;
      if (table.failed[row] === 1 && table.end[row]! <= table.start[attempt]!) before = row;
    }
    if (before < 0) return [];
    return sharesOfFailure(originBelow(before), share, attempt);
  };

  return (request, usualMs) => {
    if (request.failed) {
      const origins = originsOf(known, request.row).filter((row) => failures.isMore(row));
      const last = origins.at(-1);
      // A limit that ran out says who waited, not why it took so long.
      if (last !== undefined && !isTimeOut(known, last)) return sharesOfFailure(last, 1);
      const shares = slowShares(request, usualMs, 1);
      if (last === undefined) return shares;
      const explained = shares.reduce((sum, { share }) => sum + share, 0);
      return explained < 0.5 ? sharesOfFailure(last, 1) : shares;
    }
    return slowShares(request, usualMs, 1);
  };
}

function originsOf({ whole, failures, samplesOf }: Known, entry: number): number[] {
  const { signals, table } = whole;
  const rows = new Set<number>();
  for (const at of samplesOf(entry)) if (failures.isOrigin[signals.row[at]!] === 1) rows.add(signals.row[at]!);
  return [...rows].sort((a, b) => table.end[a]! - table.end[b]!);
}

const TIME_OUT = /time.?out|ETIMEDOUT|deadline|aborted|^504$|^408$/i;

function isTimeOut({ whole }: Known, row: number): boolean {
  const { table } = whole;
  return TIME_OUT.test(table.strings.text(table.errorType[row]!)) && table.facts[row]?.isWait !== true;
}
