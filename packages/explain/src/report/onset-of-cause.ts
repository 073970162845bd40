import type { Analysis } from '../analyse.ts';
import { type Onset, onsetOf, riseOf } from '../changes/onset.ts';
import { largest, sumOf } from '../verdict/largest.ts';
import { nameCause } from '../verdict/name-cause.ts';
import type { Evidence } from '../waits-for/evidence.ts';

/** Share of requests that failures must explain. */
const MOSTLY = 0.5;

/** From the cause's calls, else the requests it slowed. */
export function onsetOfCause(analysis: Analysis, evidence: Evidence): Onset | undefined {
  const { known, requests, bad } = analysis;
  const { table, signals } = known.whole;
  const { onset } = nameCause(known, evidence);
  if (onset) return onset;
  const signalId = largest(evidence.bySignal);
  const holders = firstHolder(analysis, evidence);
  if (holders !== undefined) return holders;
  const since = known.window.baseline?.from ?? known.window.from;
  const failures = firstFailures(analysis, evidence, since);
  if (failures !== undefined) return failures;
  if (signalId !== undefined) {
    const change = known.changes[signalId]!;
    const samples = [];
    for (let at = 0; at < signals.size; at++) {
      if (signals.signal[at] !== signalId) continue;
      const start = table.start[signals.row[at]!]!;
      if (start > known.window.to || start < since) continue;
      samples.push({ at: start, isUsual: signals.ms[at]! <= change.p95BeforeMs * 1.5 + 5 });
    }
    return onsetOf(samples, 0);
  }
  const badRows = new Set(bad.map(({ row }) => row));
  const routes = new Set(bad.filter(({ row }) => evidence.shareOf.has(row)).map(({ route }) => route));
  const samples = requests
    .filter(({ route, start }) => routes.has(route) && start >= since && start <= known.window.to)
    .map(({ row, start }) => ({ at: start, isUsual: !badRows.has(row) }));
  return onsetOf(samples, 0);
}

/** Of the calls whose failures explain most requests. */
function firstFailures({ known }: Analysis, { byError, requests, examples }: Evidence, since: number) {
  const { table } = known.whole;
  if (sumOf(byError) < requests * MOSTLY) return undefined;
  const operationOf = (row: number): number => table.service[row]! * 2 ** 24 + table.name[row]!;
  const operations = new Set(
    examples
      .filter(({ error, met }) => error !== undefined && table.failed[met] === 1)
      .map(({ met }) => operationOf(met)),
  );
  const samples = [];
  for (let row = 0; row < table.size; row++) {
    const at = table.start[row]!;
    if (at < since || at > known.window.to || !operations.has(operationOf(row))) continue;
    samples.push({ at, isUsual: table.failed[row] === 0 });
  }
  return riseOf(samples);
}

/** A pool's holders start before the first wait. */
function firstHolder({ known }: Analysis, { examples, notes }: Evidence): Onset | undefined {
  const { table } = known.whole;
  if (largest(notes) !== 'long') return undefined;
  let first = Infinity;
  for (const { row } of examples) {
    const attributes = table.attributes[row];
    const trace = attributes?.holderTrace ? table.findTrace(attributes.holderTrace.toLowerCase()) : undefined;
    if (trace === undefined) continue;
    for (let at = known.traces.from[trace]!; at < known.traces.from[trace + 1]!; at++) {
      const held = known.traces.rows[at]!;
      if (table.service[held] === table.service[row]) first = Math.min(first, table.start[held]!);
    }
  }
  return Number.isFinite(first) ? { at: first, plusMinusMs: 0 } : undefined;
}
