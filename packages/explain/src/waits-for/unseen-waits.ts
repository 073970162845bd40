import type { Decomposed } from '../decompose/decomposed.ts';
import { KIND } from '../spans/span-table.ts';

export interface WaitBeforeCalls {
  target: number;
  ms: number;
}

/** Plain OpenTelemetry has no span for the wait: it looks like work before queries. */
export function waitBeforeCalls({ table, trees }: Decomposed, row: number): WaitBeforeCalls | undefined {
  const { children, childStart } = trees;
  const sums = new Map<number, number>();
  let until = table.start[row]!;
  for (let at = childStart[row]!; at < childStart[row + 1]!; at++) {
    const child = children[at]!;
    const gap = table.start[child]! - until;
    if (gap > 0 && table.kind[child] === KIND.CLIENT && table.attributes[child]?.isDatabase)
      sums.set(table.target[child]!, (sums.get(table.target[child]!) ?? 0) + gap);
    until = Math.max(until, table.end[child]!);
  }
  let longest: WaitBeforeCalls | undefined;
  for (const [target, ms] of sums) if (ms > (longest?.ms ?? 0)) longest = { target, ms };
  return longest;
}

/** Their own time is work, as they report waits. */
export function servicesWithPools({ table }: Decomposed): ReadonlySet<number> {
  const services = new Set<number>();
  table.attributes.forEach((attributes, row) => {
    if (attributes?.pool !== undefined) services.add(table.service[row]!);
  });
  return services;
}
