import type { Known } from './context.ts';
import { holderTrace } from './holder-traces.ts';
import { heldUntil } from './known-holds.ts';

export interface HolderActivity {
  /** From the wait's span. */
  operation: string;
  /** Longest first. */
  samples: { at: number; ms: number }[];
  isKnown: boolean;
  /** All its spans had ended: it held the connection idle. */
  hadEnded: boolean;
  /** Start of the hold; NaN if unknown. */
  since: number;
  /** Until when it lasted at least. */
  until: number;
}

/** `POST /orders: INSERT orders`; without the holder's request only the operation. */
export function holderName(known: Known, wait: number): string {
  const { table } = known.whole;
  const { holderOperation = '' } = table.attributes[wait]!;
  const trace = traceOfHolder(known, wait);
  if (trace === undefined || holderOperation.includes(':')) return holderOperation;
  const { firstRequest } = holderTrace(known, trace, table.service[wait]!);
  if (firstRequest < 0) return holderOperation;
  return [table.strings.text(table.name[firstRequest]!), holderOperation].filter(Boolean).join(': ');
}

function traceOfHolder({ whole: { table } }: Known, wait: number): number | undefined {
  const { holderTrace } = table.attributes[wait]!;
  return holderTrace ? table.findTrace(holderTrace.toLowerCase()) : undefined;
}

/** For clocks and the time to the first query. */
const SINCE_MS = 50;

const MOST_SAMPLES = 6;

export function holderActivity(known: Known, wait: number): HolderActivity {
  const { table } = known.whole;
  const attributes = table.attributes[wait]!;
  const activity: HolderActivity = {
    operation: attributes.holderOperation ?? '',
    samples: [],
    isKnown: false,
    hadEnded: false,
    since: Number.NaN,
    until: Number.NaN,
  };
  const trace = traceOfHolder(known, wait);
  if (trace === undefined) return activity;
  const holder = holderTrace(known, trace, table.service[wait]!);
  const [from, to] = [table.start[wait]!, table.end[wait]!];
  if (holder.lastRequest >= 0) activity.operation = table.strings.text(table.name[holder.lastRequest]!);
  // Measured at the request; a later holder's at the wait's end, or its release.
  const begins =
    attributes.holderHeldMs === undefined ? [] : [from - attributes.holderHeldMs, to - attributes.holderHeldMs];
  const takenAt = holder.takenAt.get(attributes.pool);
  const since = begins.find((begin) => takenAt !== undefined && hasNear(takenAt, begin)) ?? Number.NaN;
  activity.since = since;
  activity.until =
    since === begins[0] ? heldUntil(table, attributes.holderTrace!, since) : since + attributes.holderHeldMs!;
  activity.isKnown = holder.lastEnd > 0;
  activity.hadEnded = activity.isKnown && holder.lastEnd < from;
  const held = Number.isNaN(since) ? from - (attributes.holderHeldMs ?? 0) : since;
  activity.samples = holder.samples.between(held, to, MOST_SAMPLES);
  return activity;
}

/** Sorted. */
function hasNear(times: Float64Array, time: number): boolean {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= time - SINCE_MS) low = middle + 1;
    else high = middle;
  }
  return low < times.length && times[low]! < time + SINCE_MS;
}
