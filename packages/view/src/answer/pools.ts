import { isPoolWait, poolLabel, type SpanTable } from '@foreshock/explain';

const MOST_POOLS = 20;
const MOST_WINDOWS = 100;
const MOST_HOLDERS = 5;
const MOST_TRACES = 3;
/** Shorter ones are usual. */
const LEAST_MS = 20;
const GAP_MS = 500;

interface Wait {
  row: number;
  from: number;
  to: number;
}

/** `/api/pools`: when callers waited, for whom. */
export function poolsOf(table: SpanTable, from: number, to: number) {
  const waits = new Map<string, Wait[]>();
  for (let row = 0; row < table.size; row++) {
    const attributes = table.attributes[row];
    if (attributes?.waitReason !== 'queue' || !isPoolWait(table, row)) continue;
    const wait = { row, from: table.start[row]!, to: table.end[row]! };
    if (wait.to < from || wait.from > to || wait.to - wait.from < LEAST_MS) continue;
    const key = `${table.service[row]} ${attributes.pool ?? ''}`;
    const some = waits.get(key);
    if (some) some.push(wait);
    else waits.set(key, [wait]);
  }
  const longest = (some: Wait[]): number => Math.max(...some.slice(0, 10_000).map((wait) => wait.to - wait.from));
  const pools = [...waits.values()].sort((a, b) => longest(b) - longest(a)).slice(0, MOST_POOLS);
  return { pools: pools.map((some) => poolOf(table, some)) };
}

function poolOf(table: SpanTable, waits: Wait[]) {
  waits.sort((a, b) => a.from - b.from);
  const first = waits[0]!.row;
  let limit = 0;
  const windows: { from: number; to: number; pendingMax: number }[] = [];
  const holders = new Map<string, { operation: string; heldMs: number; traceIds: string[] }>();
  for (const { row, from, to } of waits) {
    const { poolLimit, poolPending, holderOperation, holderHeldMs, holderTrace } = table.attributes[row]!;
    limit = Math.max(limit, poolLimit ?? 0);
    const last = windows.at(-1);
    // It waits itself.
    const pending = (poolPending ?? 0) + 1;
    if (last && from <= last.to + GAP_MS) {
      last.to = Math.max(last.to, to);
      last.pendingMax = Math.max(last.pendingMax, pending);
    } else windows.push({ from, to, pendingMax: pending });
    if (holderOperation === undefined) continue;
    let holder = holders.get(holderOperation);
    if (!holder) holders.set(holderOperation, (holder = { operation: holderOperation, heldMs: 0, traceIds: [] }));
    holder.heldMs = Math.max(holder.heldMs, holderHeldMs ?? 0);
    if (holderTrace && holder.traceIds.length < MOST_TRACES && !holder.traceIds.includes(holderTrace))
      holder.traceIds.push(holderTrace);
  }
  return {
    service: table.strings.text(table.service[first]!),
    pool: poolLabel(table.attributes[first]!.pool ?? ''),
    limit: limit || null,
    windows: windows.slice(-MOST_WINDOWS),
    holders: [...holders.values()].sort((a, b) => b.heldMs - a.heldMs).slice(0, MOST_HOLDERS),
  };
}
