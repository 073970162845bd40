function numbers(version: string): number[] {
  return version
    .replace(/[-+].*$/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0);
}

function compare(a: number[], b: number[]): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `>=8.0.3 <9`. A pre-release counts as its release. */
export function inRange(version: string, range: string): boolean {
  const match = /^>=(\S+) <(\S+)$/.exec(range);
  if (!match?.[1] || !match[2]) throw new TypeError(`a version range reads '>=1.2.3 <4', not '${range}'`);
  const actual = numbers(version);
  return compare(actual, numbers(match[1])) >= 0 && compare(actual, numbers(match[2])) < 0;
}
