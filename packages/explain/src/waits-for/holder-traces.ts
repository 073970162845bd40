import { isPoolWait } from '../spans/pool-wait.ts';
import { KIND, type SpanTable } from '../spans/span-table.ts';
import type { Known } from './context.ts';
import { LongestSamples } from './longest-samples.ts';

/** What a service did in a trace that held what others waited for. */
export interface HolderTrace {
  /** Its first and last span of a request or message; -1 if none. */
  firstRequest: number;
  lastRequest: number;
  /** 0 without a span. */
  lastEnd: number;
  /** When connections were taken, by pool, in order. */
  takenAt: Map<string | undefined, Float64Array>;
  samples: LongestSamples;
}

const known = new WeakMap<Known, Map<string, HolderTrace>>();

/** Read once, as thousands may wait for one trace. */
export function holderTrace(of: Known, trace: number, service: number): HolderTrace {
  let traces = known.get(of);
  if (!traces) known.set(of, (traces = new Map()));
  const key = `${trace} ${service}`;
  let holder = traces.get(key);
  if (!holder) traces.set(key, (holder = read(of, trace, service)));
  return holder;
}

const MOST_ROWS = 2_000;

function read({ whole, traces, samplesOf }: Known, trace: number, service: number): HolderTrace {
  const { table, clipped, signals } = whole;
  const rows = traces.rows.subarray(traces.from[trace]!, traces.from[trace + 1]!).subarray(0, MOST_ROWS);
  const entries = new Set<number>();
  const takenAt = new Map<string | undefined, number[]>();
  let [firstRequest, lastRequest, lastEnd] = [-1, -1, 0];
  for (const row of rows) {
    if (table.service[row] !== service) continue;
    if (firstRequest < 0 && isRequest(table, row)) firstRequest = row;
    const attributes = table.attributes[row];
    if (attributes?.waiters !== undefined) continue;
    // Not what its messages led to elsewhere.
    if (clipped.entry[row]! >= 0) entries.add(clipped.entry[row]!);
    lastEnd = Math.max(lastEnd, table.end[row]!);
    if (isRequest(table, row)) lastRequest = row;
    const taken = isPoolWait(table, row) ? table.end[row]! : table.start[row]!;
    const times = takenAt.get(attributes?.pool);
    if (times) times.push(taken);
    else takenAt.set(attributes?.pool, [taken]);
  }
  const samples = [...entries]
    .flatMap((entry) => Array.from(samplesOf(entry)))
    .filter((at) => isBelow(whole, signals.row[at]!, service))
    .map((at) => ({
      at,
      start: table.start[signals.row[at]!]!,
      end: table.end[signals.row[at]!]!,
      ms: signals.ms[at]!,
    }));
  return {
    firstRequest,
    lastRequest,
    lastEnd,
    takenAt: new Map(Array.from(takenAt, ([pool, times]) => [pool, Float64Array.from(times).sort()])),
    samples: new LongestSamples(samples),
  };
}

function isRequest({ kind }: SpanTable, row: number): boolean {
  return kind[row] === KIND.SERVER || kind[row] === KIND.CONSUMER;
}

const DEEPEST = 64;

/** Whether the service made the span, or led to it. */
function isBelow({ table, trees }: Known['whole'], row: number, service: number): boolean {
  for (let at = row, depth = 0; at >= 0 && depth < DEEPEST; at = trees.parent[at]!, depth++)
    if (table.service[at] === service) return true;
  return false;
}
