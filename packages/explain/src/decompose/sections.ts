import { buildTrees } from '../spans/trees.ts';
import type { SpanTable } from '../spans/span-table.ts';
import { clip } from './clipping.ts';
import { CriticalPathWalk } from './critical-path.ts';

export interface Section {
  row: number;
  from: number;
  to: number;
}

/** Of all requests, in order of time. */
export function criticalPath(table: SpanTable): Section[] {
  const trees = buildTrees(table);
  const clipped = clip(table, trees);
  const sections: Section[] = [];
  const walk = new CriticalPathWalk(trees, clipped);
  for (const entry of clipped.entries) walk.from(entry, (row, from, to) => void sections.push({ row, from, to }));
  return sections.sort((a, b) => a.from - b.from || a.to - b.to);
}
