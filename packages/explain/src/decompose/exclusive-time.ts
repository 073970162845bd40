import type { Trees } from '../spans/trees.ts';
import type { Clipped } from './clipping.ts';
import { CriticalPathWalk } from './critical-path.ts';

/** Milliseconds on the critical path, without children. */
export function exclusiveTimes(trees: Trees, clipped: Clipped): Float64Array {
  const { start, end, entries } = clipped;
  const times = new Float64Array(start.length);
  const parent = trees.parent;
  const walk = new CriticalPathWalk(trees, clipped);
  for (const root of entries) {
    walk.from(root, ignore, (row) => {
      const length = end[row]! - start[row]!;
      times[row]! += length;
      if (row !== root) times[parent[row]!]! -= length;
    });
  }
  // Overlapping siblings and rounding can make it negative.
  for (let row = 0; row < times.length; row++) if (times[row]! < 0) times[row] = 0;
  return times;
}

function ignore(): void {}
