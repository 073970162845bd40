import type { Snapshot } from './snapshot.ts';

type Plain = string | number | boolean;
type Values = Readonly<Record<string, Plain>>;

/** As lines; none if equal. */
export function differences(a: Snapshot, b: Snapshot): string[] {
  const lines: string[] = [];
  for (const what of ['node', 'platform'] as const) {
    if (a[what] !== b[what]) lines.push(`${what}: ${a[what]} → ${b[what]}`);
  }
  // Hashes say nothing.
  lines.push(...changed('variable', a.variables, b.variables, () => 'another value'));
  lines.push(...changed('package', a.packages, b.packages, arrow));
  if (a.pools && b.pools) {
    lines.push(...changed('pool', a.pools, b.pools, (before, after) => `limit ${before} → ${after}`));
  }
  // Without one of them nothing is known.
  if (a.settings && b.settings) lines.push(...changed('setting', flat(a.settings), flat(b.settings), arrow));
  return lines;
}

function arrow(before: Plain, after: Plain): string {
  return `${before} → ${after}`;
}

function flat(settings: Record<string, Values>): Values {
  const all: Record<string, Plain> = {};
  for (const [of, values] of Object.entries(settings))
    for (const [name, value] of Object.entries(values)) all[`${name} of ${of}`] = value;
  return all;
}

function changed(kind: string, a: Values, b: Values, say: (before: Plain, after: Plain) => string): string[] {
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
