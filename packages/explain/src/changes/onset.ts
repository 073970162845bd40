/** Within `at` ± `plusMinusMs`. */
export interface Onset {
  at: number;
  plusMinusMs: number;
}

export interface Sample {
  at: number;
  isUsual: boolean;
}

/** A single odd sample may be chance: most of these must be odd. */
const LOOK_AHEAD = 5;

/** Between the last usual sample and the first odd run. */
export function onsetOf(samples: Sample[], skewMs: number): Onset | undefined {
  const sorted = samples.toSorted((a, b) => a.at - b.at);
  let lastUsual: number | undefined;
  for (let i = 0; i < sorted.length; i++) {
    const { at, isUsual } = sorted[i]!;
    if (isUsual) {
      lastUsual = at;
      continue;
    }
    const next = sorted.slice(i, i + LOOK_AHEAD);
    if (next.filter((each) => !each.isUsual).length * 2 <= next.length) continue;
    const earliest = lastUsual ?? at;
    return { at: (earliest + at) / 2, plusMinusMs: (at - earliest) / 2 + skewMs };
  }
  return undefined;
}

/** Where odd samples became more frequent: a CUSUM's lowest point, after which the excess only grows. */
export function riseOf(samples: Sample[]): Onset | undefined {
  const sorted = samples.toSorted((a, b) => a.at - b.at);
  const share = sorted.filter(({ isUsual }) => !isUsual).length / sorted.length;
  let [sum, lowest, last] = [0, 0, -1];
  for (const [i, { isUsual }] of sorted.entries()) {
    sum += (isUsual ? 0 : 1) - share;
    if (sum < lowest) [lowest, last] = [sum, i];
  }
  const first = sorted[last + 1];
  if (!first || first.isUsual) return undefined;
  const earliest = sorted[last]?.at ?? first.at;
  return { at: (earliest + first.at) / 2, plusMinusMs: (first.at - earliest) / 2 };
}
