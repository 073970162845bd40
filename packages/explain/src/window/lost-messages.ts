import type { Decomposed } from '../decompose/decomposed.ts';
import { KIND } from '../spans/span-table.ts';

export interface LostMessages {
  /** Error logged, message settled. */
  swallowed: ReadonlySet<number>;
  /** Sends never handled, unlike later ones; `handling`: a usual one. */
  unseen: { row: number; handling: number }[];
}

/** Fewest sends of a destination, and share handled, to judge loss. */
const FEWEST_SENT = 40;
const LEAST_HANDLED = 0.5;
/** Later messages that must be handled: until then one may wait. */
const LATER = 10;
/** A consumer may be late: the input must go on for twice the longest wait, and this long. */
const TIMES_WAIT = 2;
const LEAST_MS = 2_000;

export function lostMessages({ table, trees, clipped }: Decomposed): LostMessages {
  const logged = new Map<number, number>();
  for (const { name, row, at } of table.marks) {
    const entry = clipped.entry[row]!;
    if (name !== 'error.logged' || entry < 0 || table.kind[entry] !== KIND.CONSUMER) continue;
    const settled = table.attributes[entry]?.settled;
    if (table.failed[entry] === 0 && settled !== 'requeue' && settled !== 'reject') logged.set(entry, at);
  }
  // A later success is a retry or remedy.
  for (const row of trees.order) {
    const at = logged.get(clipped.entry[row]!);
    if (at !== undefined && table.kind[row] === KIND.CLIENT && table.failed[row] === 0 && table.start[row]! > at)
      logged.delete(clipped.entry[row]!);
  }
  const handled = new Set<number>();
  const lastHandling = new Map<number, number>();
  const longestWait = new Map<number, number>();
  let last = 0;
  const linked = new Set<number>();
  for (const row of trees.order) {
    last = Math.max(last, table.end[row]!);
    const { links } = table.attributes[row] ?? {};
    if (links && (table.kind[row] === KIND.CONSUMER || table.kind[row] === KIND.CLIENT))
      for (const trace of links) linked.add(trace);
    const above = trees.parent[row]!;
    if (table.kind[row] !== KIND.CONSUMER || above < 0 || table.kind[above] !== KIND.PRODUCER) continue;
    handled.add(above);
    const destination = destinationOf(table, above);
    lastHandling.set(destination, row);
    const waited = table.start[row]! - table.end[above]!;
    longestWait.set(destination, Math.max(longestWait.get(destination) ?? 0, waited));
  }
  const sends = new Map<number, number[]>();
  for (const row of trees.order) {
    if (table.kind[row] !== KIND.PRODUCER || table.failed[row] === 1) continue;
    const destination = destinationOf(table, row);
    if (!lastHandling.has(destination)) continue;
    const rows = sends.get(destination);
    if (rows) rows.push(row);
    else sends.set(destination, [row]);
  }
  const unseen: LostMessages['unseen'] = [];
  for (const [destination, rows] of sends) {
    const seen = rows.filter((row) => handled.has(row)).length;
    if (rows.length < FEWEST_SENT || seen < rows.length * LEAST_HANDLED) continue;
    rows.sort((a, b) => table.start[a]! - table.start[b]!);
    const sentBefore = last - LEAST_MS - TIMES_WAIT * longestWait.get(destination)!;
    let later = 0;
    for (const row of rows.toReversed()) {
      if (handled.has(row) || linked.has(table.trace[row]!)) later++;
      else if (later >= LATER && table.end[row]! < sentBefore)
        unseen.push({ row, handling: lastHandling.get(destination)! });
    }
  }
  return { swallowed: new Set(logged.keys()), unseen };
}

function destinationOf({ service, name }: Decomposed['table'], row: number): number {
  return service[row]! * 2 ** 24 + name[row]!;
}
