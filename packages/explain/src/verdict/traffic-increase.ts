import { BEFORE, WITHIN } from '../changes/phases.ts';
import { KIND } from '../spans/span-table.ts';
import type { Known } from '../waits-for/context.ts';
import type { AppRequest } from '../window/requests.ts';
import type { Reading } from './named-cause.ts';

const LOOKS = new Set(['pool_exhausted', 'long_hold', 'queue_backlog', 'cpu_slow', 'event_loop_blocked']);
const PROCESSOR = new Set(['cpu_slow', 'event_loop_blocked']);
const TIMES = 1.8;
const FEWEST_REQUESTS = 20;
const SHORTEST_MS = 1_000;
/** Later ones may retry refused ones. */
const FIRST = 0.5;

/** Many times as many requests, with no work slower than usual. */
export const trafficIncrease: Reading = (known, evidence, kind) => {
  if (!LOOKS.has(kind)) return undefined;
  const { window, whole } = known;
  const { baseline, from, to } = window;
  if (!baseline) return undefined;
  const untilMs = Math.max(SHORTEST_MS, (to - from) * FIRST);
  const [before, within] = [countEntries(known, window.before), countEntries(known, window.within, from + untilMs)];
  const beforeMs = baseline.to - baseline.from;
  let best: { service: number; times: number } | undefined;
  for (const [service, n] of within) {
    const usually = before.get(service) ?? 0;
    if (n < FEWEST_REQUESTS || usually < FEWEST_REQUESTS || untilMs < SHORTEST_MS) continue;
    const times = n / untilMs / (usually / beforeMs);
    if (times >= TIMES && times > (best?.times ?? 0)) best = { service, times };
  }
  if (!best || isSlowerInside(known, evidence.place.service)) return undefined;
  if (PROCESSOR.has(kind) && load(known, evidence.place.service) * best.times < FULL) return undefined;
  const resource = whole.table.strings.text(evidence.place.resource);
  return {
    kind: 'traffic_increase',
    place: { service: best.service, resource: 0 },
    detail: `${best.times.toFixed(1)} times as many requests as before; ${resource || whole.table.strings.text(evidence.place.service)} was too small for them`,
  };
};

function countEntries({ whole: { table } }: Known, requests: AppRequest[], until = Infinity): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { row, service, start } of requests) {
    if (table.kind[row] === KIND.CONSUMER || table.hasParent[row] === 1 || start > until) continue;
    counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return counts;
}

/** Below, a processor has time for all. */
const FULL = 0.7;

/** Largest share of its processes' time in which a service usually works. */
function load({ changes, window, whole: { table } }: Known, service: number): number {
  let ms = 0;
  for (const { signal, nBefore, meanBeforeMs } of changes)
    if (signal.service === service && (signal.kind === 'self' || signal.kind === 'blocked' || signal.kind === 'gc'))
      ms += nBefore * meanBeforeMs;
  const processes = new Set<number>();
  for (let row = 0; row < table.size; row++) if (table.service[row] === service) processes.add(table.instance[row]!);
  const { from, to } = window.baseline!;
  return ms / (to - from) / processes.size;
}

/** Slower work means that requests are not the whole cause. */
const SLOWER = 1.5;

/** New calls count, too, such as a report never opened before. */
function isSlowerInside({ changes, phases, whole: { table, clipped } }: Known, service: number): boolean {
  let [now, before] = [0, 0];
  for (const { signal, n, nBefore, meanMs, meanBeforeMs } of changes) {
    if (signal.service !== service || signal.kind !== 'dependency') continue;
    now += meanMs * n;
    before += meanBeforeMs * nBefore;
  }
  const requests = { [BEFORE]: new Set<number>(), [WITHIN]: new Set<number>() };
  for (let row = 0; row < table.size; row++)
    if (table.service[row] === service) requests[phases[row] as typeof BEFORE]?.add(clipped.entry[row]!);
  return now / requests[WITHIN].size > (before / requests[BEFORE].size) * SLOWER + 1;
}
