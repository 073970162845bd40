export function largest<K>(sums: Map<K, number>): K | undefined {
  let best: K | undefined;
  for (const [key, sum] of sums) if (best === undefined || sum > sums.get(best)!) best = key;
  return best;
}

export function sumOf(sums: Map<unknown, number>): number {
  let sum = 0;
  for (const each of sums.values()) sum += each;
  return sum;
}
