import { isPause } from '../decompose/signals.ts';
import { isPoolWait } from '../spans/pool-wait.ts';
import { KIND } from '../spans/span-table.ts';
import type { AppRequest } from '../window/requests.ts';
import { type Work, workOfConsumers } from './consumers.ts';
import type { Known } from './context.ts';
import type { Share } from './evidence.ts';
import { failureShares } from './failure-shares.ts';
import { followWait } from './follow.ts';
import { type ProcessGap, processGap } from './process-gaps.ts';
import { placeOfSignal } from './place-of-signal.ts';
import { ofOwnTime } from './own-time.ts';
import { slowedParts, type SlowedPart } from './slowed-parts.ts';

/** Together at most 1. */
export type SharesOf = (request: AppRequest, usualMs: number) => Share[];

export function sharesOfRequests(known: Known): SharesOf {
  const { whole, failures, changes } = known;
  const { table, signals } = whole;
  const { ofFailure, ofBackOff } = failureShares(known);

  const ofPart = ({ at, ms, isMore }: SlowedPart, share: number): Share[] => {
    const { signal } = changes[signals.signal[at]!]!;
    const row = signals.row[at]!;
    if (isMore) {
      const place = { service: signal.service, resource: signal.peer };
      return [{ place, row, share, ms, signal: signal.id, note: 'more', isTied: true, met: row, through: [] }];
    }
    if (signal.kind === 'poolWait') return followWait(known, row, share, ms);
    if (signal.kind === 'backOff') return ofBackOff(row, share);
    const isTied = signal.kind !== 'call' && signal.kind !== 'self';
    const itself = {
      place: placeOfSignal(known, signal),
      row,
      share,
      ms,
      signal: signal.id,
      isTied,
      met: row,
      through: [],
    };
    if (isPause(signal) && isPoolWait(table, row)) {
      // Its holder kept the connection, unless the pause is all it did.
      const shares = followWait(known, row, share, ms);
      return shares.some(({ note }) => note === 'full') ? [itself] : shares;
    }
    if (signal.kind === 'self') return [ofOwnTime(known, itself, ms)];
    if (signal.kind !== 'queueWait') return [itself];
    const work = consumers(signal.service, table.attributes[row]?.destination ?? '');
    const absentMs = Math.min(
      ms,
      overlap(gapOf(signal.service), table.start[row]! - signals.ms[at]!, table.start[row]!),
    );
    const present = share * (1 - absentMs / ms);
    const absent = { ...itself, share: share - present, ms: absentMs };
    if (work.length === 0) return [itself];
    return [...(absentMs > 0 ? [absent] : []), ...work.map((each) => ofWork(each, present, ms - absentMs, row))];
  };

  const ofSlowness = (request: AppRequest, usualMs: number, isHandling = false): Share[] => {
    const parts = slowedParts(known, request).filter(
      ({ at }) => !isHandling || changes[signals.signal[at]!]!.signal.kind !== 'queueWait',
    );
    const sum = parts.reduce((total, { ms }) => total + ms, 0);
    // At most the excess, or a handling's length.
    const { row, ms } = request;
    const excess = Math.max(sum, isHandling ? table.end[row]! - table.start[row]! : ms - usualMs);
    return parts.flatMap((part) => ofPart(part, part.ms / excess));
  };

  const ofRequest = (request: AppRequest, usualMs: number, isHandling = false): Share[] => {
    if (!request.failed) return ofSlowness(request, usualMs, isHandling);
    const last = originsOf(known, request.row).findLast((row) => failures.isMore(row));
    if (last === undefined && request.isLost) return [ofLoss(known, request)];
    if (last === undefined) return ofSlowness(request, usualMs, isHandling);
    // A timeout shows who waited, not why.
    if (!isTimeOut(known, last)) return ofFailure(last, 1);
    const shares = ofSlowness(request, usualMs, isHandling);
    return shares.reduce((sum, { share }) => sum + share, 0) < 0.5 ? ofFailure(last, 1) : shares;
  };

  const gaps = new Map<number, ProcessGap | undefined>();
  const gapOf = (service: number): ProcessGap | undefined => {
    if (!gaps.has(service)) gaps.set(service, processGap(table, known.window, service));
    return gaps.get(service);
  };
  const consumers = workOfConsumers(known, (request) => ofRequest(request, 0, true));
  return (request, usualMs) => ofRequest(request, usualMs);
}

/** Milliseconds of a wait without a process. */
function overlap(gap: ProcessGap | undefined, from: number, to: number): number {
  return gap === undefined ? 0 : Math.max(0, Math.min(gap.to, to) - Math.max(gap.from, from));
}

/** Each waiting message gets another example. */
function ofWork({ rows, ...work }: Work, share: number, ms: number, met: number): Share {
  const row = rows[met % rows.length]!;
  return { ...work, row, share: work.share * share, ms: work.share * ms, met };
}

/** A vanished message is the consumer's loss; a never handled one may be delayed. */
function ofLoss({ whole: { table } }: Known, { row, service }: AppRequest): Share {
  const queue = table.attributes[row]?.destination;
  const place = { service, resource: queue === undefined ? 0 : table.strings.id(`queue ${queue}`) };
  const isTied = table.kind[row] !== KIND.PRODUCER;
  return { place, row, share: 1, ms: 0, error: 'lost', note: 'lost', isTied, met: row, through: [] };
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
  return TIME_OUT.test(table.strings.text(table.errorType[row]!)) && !isPoolWait(table, row);
}
