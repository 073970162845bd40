import type { Decomposed } from '../decompose/decomposed.ts';
import type { Window } from '../window/choose.ts';

export const BEFORE = 1;
export const WITHIN = 2;

export function phasesOf({ table, clipped }: Decomposed, { from, to, baseline }: Window): Uint8Array {
  const phases = new Uint8Array(table.size);
  for (let row = 0; row < phases.length; row++) {
    const entry = clipped.entry[row]!;
    if (entry < 0) continue;
    const start = table.start[entry]!;
    const end = table.end[entry]!;
    if (baseline && start >= baseline.from && end < baseline.to) phases[row] = BEFORE;
    // A request may begin long before its spans.
    else if (start >= from && start <= to) phases[row] = WITHIN;
  }
  return phases;
}
