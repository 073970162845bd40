import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Known } from './context.ts';
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

function isRequest({ kind }: SpanTable, row: number): boolean {
  return kind[row] === KIND.SERVER || kind[row] === KIND.CONSUMER;
}

/** `POST /orders: INSERT orders`; without the holder's request only the operation. */
export function holderName({ whole: { table }, traces }: Known, wait: number): string {
  const { holderTrace, holderOperation = '' } = table.attributes[wait]!;
  const trace = holderTrace ? table.findTrace(holderTrace.toLowerCase()) : undefined;
  if (trace === undefined || holderOperation.includes(':')) return holderOperation;
  const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!).subarray(0, MOST_ROWS);
  const request = rows.find((row) => isRequest(table, row) && table.service[row] === table.service[wait]);
  if (request === undefined) return holderOperation;
  return [table.strings.text(table.name[request]!), holderOperation].filter(Boolean).join(': ');
}

/** For clocks and the time to the first query. */
const SINCE_MS = 50;

const MOST_SAMPLES = 6;
const MOST_ROWS = 2_000;

export function holderActivity({ whole, traces, samplesOf }: Known, wait: number): HolderActivity {
  const { table, clipped, signals } = whole;
  const attributes = table.attributes[wait]!;
  const activity: HolderActivity = {
    operation: attributes.holderOperation ?? '',
    samples: [],
    isKnown: false,
    hadEnded: false,
    since: Number.NaN,
    until: Number.NaN,
  };
  const trace = attributes.holderTrace ? table.findTrace(attributes.holderTrace.toLowerCase()) : undefined;
  if (trace === undefined) return activity;
  const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!).subarray(0, MOST_ROWS);
  const [from, to] = [table.start[wait]!, table.end[wait]!];
  const entries = new Set<number>();
  const takenAt: number[] = [];
  let lastEnd = 0;
  // Measured at the request; a later holder's at the wait's end, or its release.
  const begins =
    attributes.holderHeldMs === undefined ? [] : [from - attributes.holderHeldMs, to - attributes.holderHeldMs];
  for (const row of rows) {
    if (table.attributes[row]?.waiters !== undefined || table.service[row] !== table.service[wait]) continue;
    // Not what its messages led to elsewhere.
    if (clipped.entry[row]! >= 0) entries.add(clipped.entry[row]!);
    lastEnd = Math.max(lastEnd, table.end[row]!);
    const taken = table.attributes[row]?.isWait ? table.end[row]! : table.start[row]!;
    if (table.attributes[row]?.pool === attributes.pool) takenAt.push(taken);
    if (isRequest(table, row)) activity.operation = table.strings.text(table.name[row]!);
  }
  activity.since = begins.find((begin) => takenAt.some((at) => Math.abs(at - begin) < SINCE_MS)) ?? Number.NaN;
  const { since } = activity;
  activity.until =
    since === begins[0] ? heldUntil(table, attributes.holderTrace!, since) : since + attributes.holderHeldMs!;
  activity.isKnown = lastEnd > 0;
  activity.hadEnded = activity.isKnown && lastEnd < from;
  const held = Number.isNaN(since) ? from - (attributes.holderHeldMs ?? 0) : since;
  for (const entry of entries) {
    for (const at of samplesOf(entry)) {
      const row = signals.row[at]!;
      if (!isBelow(whole, row, table.service[wait]!)) continue;
      const overlap = Math.min(to, table.end[row]!) - Math.max(held, table.start[row]!);
      const ms = Math.min(overlap, signals.ms[at]!);
      if (ms > 0) activity.samples.push({ at, ms });
    }
  }
  activity.samples.sort((a, b) => b.ms - a.ms);
  activity.samples.length = Math.min(activity.samples.length, MOST_SAMPLES);
  return activity;
}

const DEEPEST = 64;

/** Whether the service made the span, or led to it. */
function isBelow({ table, trees }: Known['whole'], row: number, service: number): boolean {
  for (let at = row, depth = 0; at >= 0 && depth < DEEPEST; at = trees.parent[at]!, depth++)
    if (table.service[at] === service) return true;
  return false;
}
