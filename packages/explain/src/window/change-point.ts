/** Counts in pieces of time. */
export interface Series {
  bad: number[];
  all: number[];
}

/** Pieces `from` to `to`, both included, in which more went wrong than in the pieces from `before` on until there. */
export interface ChangedPieces {
  before: number;
  from: number;
  to: number;
  /** How sure that is: standard deviations. */
  z: number;
}

const FEWEST_BEFORE = 20;
/** What came last before a change is enough to compare with: a start-up longer ago says nothing. */
const ENOUGH_BEFORE = 40;
const FEWEST_WITHIN = 8;
/** Share of requests beyond the share before. */
const LEAST_MORE = 0.03;
/** Many stretches are tried: five standard deviations leave no chance of one in a healthy hour. */
const LEAST_Z = 5;

/** The stretch that differs most from the time before it, if any does. */
export function changedPieces({ bad, all }: Series): ChangedPieces | undefined {
  const sums = { bad: sumsOf(bad), all: sumsOf(all) };
  let best: ChangedPieces | undefined;
  for (let from = 1; from < all.length; from++) {
    if (sums.all[from]! < FEWEST_BEFORE) continue;
    for (const before of new Set([0, recent(sums.all, from)])) {
      const n = sums.all[from]! - sums.all[before]!;
      const usual = (sums.bad[from]! - sums.bad[before]!) / n;
      for (let to = from; to < all.length; to++) {
        const m = sums.all[to + 1]! - sums.all[from]!;
        if (m < FEWEST_WITHIN) continue;
        const within = (sums.bad[to + 1]! - sums.bad[from]!) / m;
        if (within - usual < LEAST_MORE || within < 2 * usual) continue;
        const z = zOf(usual, n, within, m);
        if (z >= LEAST_Z && z > (best?.z ?? 0)) best = { before, from, to, z };
      }
    }
  }
  return best;
}

/** The piece from which on there are just enough requests before another piece. */
function recent(sums: number[], piece: number): number {
  let at = piece - 1;
  while (at > 0 && sums[piece]! - sums[at]! < ENOUGH_BEFORE) at--;
  return at;
}

/**
 * Two proportions: how many standard deviations they are apart, by the ratio of likelihoods. The difference divided by its
 * deviation says twice as much where a few of many go wrong: a handful of errors in a row is no incident.
 */
export function zOf(before: number, n: number, within: number, m: number): number {
  const pooled = (before * n + within * m) / (n + m);
  const gain = n * gainOf(before, pooled) + m * gainOf(within, pooled);
  return Math.sign(within - before) * Math.sqrt(2 * Math.max(0, gain));
}

/** What one look says more if the share is this and not that one, on average. */
function gainOf(share: number, other: number): number {
  const part = (of: number, instead: number): number => (of === 0 ? 0 : of * Math.log(of / instead));
  return part(share, other) + part(1 - share, 1 - other);
}

function sumsOf(numbers: number[]): number[] {
  const sums = [0];
  for (const each of numbers) sums.push(sums[sums.length - 1]! + each);
  return sums;
}
