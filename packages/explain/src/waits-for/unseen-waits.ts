import type { Decomposed } from '../decompose/decompose.ts';
import { KIND } from '../spans/span-table.ts';

/** How long a span did nothing that is seen before its calls to one database. */
export interface WaitBeforeCalls {
  /** Number of a text: the database. */
  target: number;
  ms: number;
}

/**
 * Plain OpenTelemetry has no span for the wait for a connection: it is time of the caller's own before its queries. Work that
 * takes long looks the same.
 */
export function waitBeforeCalls({ table, trees }: Decomposed, row: number): WaitBeforeCalls | undefined {
  const { children, childStart } = trees;
  const sums = new Map<number, number>();
  let until = table.start[row]!;
  for (let at = childStart[row]!; at < childStart[row + 1]!; at++) {
    const child = children[at]!;
    const gap = table.start[child]! - until;
    if (gap > 0 && table.kind[child] === KIND.CLIENT && table.facts[child]?.isDatabase)
      sums.set(table.target[child]!, (sums.get(table.target[child]!) ?? 0) + gap);
    until = Math.max(until, table.end[child]!);
  }
  let longest: WaitBeforeCalls | undefined;
  for (const [target, ms] of sums) if (ms > (longest?.ms ?? 0)) longest = { target, ms };
  return longest;
}

/** Services that say what they wait for: what is their own time is work. */
export function servicesWithPools({ table }: Decomposed): ReadonlySet<number> {
  const services = new Set<number>();
  table.facts.forEach((facts, row) => {
    if (facts?.pool !== undefined) services.add(table.service[row]!);
  });
  return services;
}
