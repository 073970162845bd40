/** The start of a change, within `at` ± `plusMinusMs`. */
export interface Onset {
  at: number;
  plusMinusMs: number;
}

export interface Sample {
  at: number;
  isUsual: boolean;
}

/** A single odd sample may be chance, so most of the next few must be odd, too. */
const LOOK_AHEAD = 5;

/** Between the last usual sample and the first run of odd ones. */
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
