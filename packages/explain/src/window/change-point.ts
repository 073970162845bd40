export interface Series {
  bad: number[];
  all: number[];
}

/** Pieces `from` to `to`, inclusive, worse than since `before`. */
export interface ChangedPieces {
  before: number;
  from: number;
  to: number;
  /** Standard deviations. */
  z: number;
}

const FEWEST_BEFORE = 20;
/** Enough requests before a change; excludes a start-up. */
const ENOUGH_BEFORE = 40;
const FEWEST_WITHIN = 8;
const LEAST_MORE = 0.03;
/** Many stretches are tried: five deviations exclude chance. */
const LEAST_Z = 5;

export function changedPieces({ bad, all }: Series, leastZ: number = LEAST_Z): ChangedPieces | undefined {
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
        if (z >= leastZ && z > (best?.z ?? 0)) best = { before, from, to, z };
      }
    }
  }
  return best;
}

/** The latest with enough requests before. */
function recent(sums: number[], piece: number): number {
  let at = piece - 1;
  while (at > 0 && sums[piece]! - sums[at]! < ENOUGH_BEFORE) at--;
  return at;
}

/** Standard deviations between two proportions, by likelihood ratio, as few errors among many are no incident. */
export function zOf(before: number, n: number, within: number, m: number): number {
  const pooled = (before * n + within * m) / (n + m);
  const gain = n * gainOf(before, pooled) + m * gainOf(within, pooled);
  return Math.sign(within - before) * Math.sqrt(2 * Math.max(0, gain));
}

/** Mean log-likelihood gain. */
function gainOf(share: number, other: number): number {
  const part = (of: number, instead: number): number => (of === 0 ? 0 : of * Math.log(of / instead));
  return part(share, other) + part(1 - share, 1 - other);
}

function sumsOf(numbers: number[]): number[] {
  const sums = [0];
  for (const each of numbers) sums.push(sums[sums.length - 1]! + each);
  return sums;
}
