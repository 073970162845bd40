import type { Decomposed } from '../decompose/decomposed.ts';
import { zOf } from '../window/change-point.ts';
import { BEFORE, WITHIN } from './phases.ts';

export interface Failures {
  /** 1 where a span failed and no descendant. */
  isOrigin: Uint8Array;
  isMore(row: number): boolean;
}

const LEAST_Z = 3;

/** Most spans without error status between a failure and its ancestor. */
const FARTHEST_UP = 64;

export function findFailures(whole: Decomposed, phases: Uint8Array): Failures {
  const { table, trees, clipped } = whole;
  const { size, failed } = table;
  const isOrigin = new Uint8Array(size);
  for (const row of trees.order) {
    if (failed[row] === 0 || table.attributes[row]?.cancelled === true) continue;
    isOrigin[row] = 1;
    let above = trees.parent[row]!;
    for (let steps = 0; steps < FARTHEST_UP && above >= 0; steps++) {
      if (clipped.entry[above] !== clipped.entry[row]) break;
      isOrigin[above] = 0;
      if (failed[above] === 1) break;
      above = trees.parent[above]!;
    }
  }
  // Parents come first: failed descendants have cleared the mark.
  const counts = new Map<string, [number, number]>();
  /** By service and name. */
  const calls = new Map<number, Map<number, [number, number]>>();
  for (const row of trees.order) {
    const phase = phases[row];
    if (phase !== BEFORE && phase !== WITHIN) continue;
    let names = calls.get(table.service[row]!);
    if (!names) calls.set(table.service[row]!, (names = new Map()));
    add(names, table.name[row]!, phase);
    if (isOrigin[row] === 1) add(counts, kindOf(whole, row), phase);
  }
  const isMore = (row: number): boolean => {
    const [before, within] = counts.get(kindOf(whole, row)) ?? [0, 0];
    const [n, m] = calls.get(table.service[row]!)?.get(table.name[row]!) ?? [0, 0];
    if (m === 0) return false;
    if (n < 5) return before === 0;
    return before === 0 || zOf(before / n, n, within / m, m) >= LEAST_Z;
  };
  return { isOrigin, isMore };
}

function add<K>(counts: Map<K, [number, number]>, key: K, phase: number): void {
  let pair = counts.get(key);
  if (!pair) counts.set(key, (pair = [0, 0]));
  pair[phase === BEFORE ? 0 : 1]++;
}

function kindOf({ table }: Decomposed, row: number): string {
  return [table.service[row], table.name[row], table.target[row], table.errorType[row]].join(' ');
}
