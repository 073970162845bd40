import type { Analysis } from '../analyse.ts';
import type { RowsOfTraces } from '../spans/rows-of-traces.ts';
import type { Coverage } from './answer.ts';
import { count, duration, percent } from './figures.ts';

const MOST_SERVICES = 30;
const MOST_SPOTS = 6;

export function coverageOf({ known, requests }: Analysis): Coverage {
  const { table, trees } = known.whole;
  const services = [...known.speaking].map((id) => table.strings.text(id)).sort();
  const blindSpots: string[] = [];
  if (trees.orphans > 0) blindSpots.push(`${count(trees.orphans, 'span')} without the parent that they name`);
  if (trees.cycles > 0) blindSpots.push(`${count(trees.cycles, 'circle')} of parents, cut`);
  if (table.invalid > 0) blindSpots.push(`${count(table.invalid, 'span')} without a time or trace, left out`);
  for (const { service, byMs, plusMinusMs } of known.whole.clocks.slice(0, 3)) {
    const by = duration(Math.abs(byMs));
    blindSpots.push(
      `the clock of ${table.strings.text(service)} was ${by} ${byMs > 0 ? 'slow' : 'fast'}, corrected (± ${duration(plusMinusMs)})`,
    );
  }
  const silent = silentServices(known.whole, known.speaking);
  if (silent.length > 0) blindSpots.push(`called, but without spans of their own: ${silent.slice(0, 5).join(', ')}`);
  const orphanShare = table.size === 0 ? 0 : trees.orphans / table.size;
  const sampled = orphanShare > 0.05;
  if (sampled)
    blindSpots.push(`${percent(orphanShare)} of the spans lack their parent: the input is a sample, or half of it`);
  return {
    traces: tracesOf(known.traces),
    spans: table.size - trees.duplicates,
    requests: requests.length,
    services: services.slice(0, MOST_SERVICES),
    sampled,
    blindSpots: blindSpots.slice(0, MOST_SPOTS),
  };
}

/** Linked traces may have no spans. */
function tracesOf({ from }: RowsOfTraces): number {
  let traces = 0;
  for (let trace = 1; trace < from.length; trace++) if (from[trace]! > from[trace - 1]!) traces++;
  return traces;
}

function silentServices({ table, trees, remote, owners }: Analysis['known']['whole'], speaking: Set<number>): string[] {
  const silent = new Set<number>();
  for (const row of trees.order) {
    const target = table.target[row]!;
    if (table.kind[row] !== 3 || remote[row]! >= 0 || target === 0 || table.attributes[row]?.isDatabase) continue;
    if (!owners.has(target) && !speaking.has(target)) silent.add(target);
  }
  return [...silent].map((id) => table.strings.text(id));
}
