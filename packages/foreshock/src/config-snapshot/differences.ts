import type { Snapshot } from './snapshot.ts';

type Values = Readonly<Record<string, string | number>>;

/** As lines; none if equal. */
export function differences(a: Snapshot, b: Snapshot): string[] {
  const lines: string[] = [];
  for (const what of ['node', 'platform'] as const) {
    if (a[what] !== b[what]) lines.push(`${what}: ${a[what]} → ${b[what]}`);
  }
  // Hashes say nothing.
  lines.push(...changed('variable', a.variables, b.variables, () => 'another value'));
  lines.push(...changed('package', a.packages, b.packages, (before, after) => `${before} → ${after}`));
  if (a.pools && b.pools) {
    lines.push(...changed('pool', a.pools, b.pools, (before, after) => `limit ${before} → ${after}`));
  }
  return lines;
}

function changed(
  kind: string,
  a: Values,
  b: Values,
  say: (before: string | number, after: string | number) => string,
): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
  return names.flatMap((name) => {
    const before = Object.hasOwn(a, name) ? a[name] : undefined;
    const after = Object.hasOwn(b, name) ? b[name] : undefined;
    if (before === after) return [];
    if (before === undefined) return [`${kind} ${name}: only in the second`];
    if (after === undefined) return [`${kind} ${name}: only in the first`];
    return [`${kind} ${name}: ${say(before, after)}`];
  });
}
