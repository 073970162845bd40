import type { Decomposed } from '../decompose/decomposed.ts';
import { zOf } from '../window/change-point.ts';
import type { Window } from '../window/choose.ts';
import type { TimeChange } from './time-changes.ts';

export interface CallCounts {
  /** Baseline's mean calls per request; undefined unless now many more. */
  usualOfMore(route: number, signal: number): number | undefined;
  /** Largest increase first. */
  more: { route: number; signal: number; before: number; within: number; n: number }[];
}

/** Growth is at least this many times … */
const TIMES = 2;
/** … and by at least this many per request, … */
const LEAST_MORE = 2;
/** … or beyond chance, by calls as long as those a cache spares. */
const LEAST_MORE_MS = 20;
const LEAST_Z = 5;
const FEWEST_REQUESTS = 5;

export function callCounts(
  whole: Decomposed,
  { before, within }: Pick<Window, 'before' | 'within'>,
  changes: TimeChange[],
  samplesOf: (entry: number) => Int32Array,
): CallCounts {
  const { signals } = whole;
  const requests = [new Map<number, number>(), new Map<number, number>()] as const;
  const calls = [new Map<number, Map<number, number>>(), new Map<number, Map<number, number>>()] as const;
  [before, within].forEach((some, phase) => {
    for (const { row, route } of some) {
      add(requests[phase]!, route);
      let counts = calls[phase]!.get(route);
      if (!counts) calls[phase]!.set(route, (counts = new Map()));
      const samples = samplesOf(row);
      for (let i = 0; i < samples.length; i++)
        if (!isAgain(whole, samples[i]!)) add(counts, signals.signal[samples[i]!]!);
    }
  });
  const more: CallCounts['more'] = [];
  const usual = new Map<number, number>();
  const all = [...calls[1]].flatMap(([route, counts]) =>
    Array.from(counts, ([signal, count]) => ({ route, signal, count })),
  );
  for (const { route, signal, count } of all) {
    const [n, m] = [requests[0].get(route) ?? 0, requests[1].get(route)!];
    if (n < FEWEST_REQUESTS || m < FEWEST_REQUESTS) continue;
    const usually = (calls[0].get(route)?.get(signal) ?? 0) / n;
    const now = count / m;
    // A new call has no usual count.
    if (usually === 0 || now < TIMES * usually) continue;
    const moreMs = (now - usually) * changes[signal]!.meanBeforeMs;
    const isSlow = moreMs >= LEAST_MORE_MS && zOf(Math.min(1, usually), n, Math.min(1, now), m) >= LEAST_Z;
    if (now - usually < LEAST_MORE && !isSlow) continue;
    usual.set(keyOf(route, signal), usually);
    more.push({ route, signal, before: usually, within: now, n: m });
  }
  more.sort((a, b) => b.within - b.before - (a.within - a.before));
  return { more, usualOfMore: (route, signal) => usual.get(keyOf(route, signal)) };
}

function add(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** An upper limit of signal numbers. */
const SIGNALS = 2 ** 26;

function keyOf(route: number, signal: number): number {
  return route * SIGNALS + signal;
}

/** Retries, and pauses before them, are no new calls. */
export function isAgain({ table, signals }: Decomposed, at: number): boolean {
  return (table.attributes[signals.row[at]!]?.attempt ?? 1) > 1;
}
