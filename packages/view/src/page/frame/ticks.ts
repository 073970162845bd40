const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000,
  15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000,
  86_400_000,
];

/** At most `most`, round distances from `zero`. */
export function ticks(from: number, to: number, most: number, zero = 0): number[] {
  const length = to - from;
  if (!(length > 0) || !Number.isFinite(length)) return [];
  const least = length / Math.max(1, most);
  const step = STEPS.find((each) => each >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
  const marks: number[] = [];
  for (let at = zero + Math.ceil((from - zero) / step) * step; at <= to && marks.length <= most; at += step) {
    marks.push(at);
  }
  return marks;
}
