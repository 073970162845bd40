import { KIND, type SpanTable } from './span-table.ts';
import type { Trees } from './trees.ts';

export interface CorrectedClock {
  service: number;
  /** Added to its times. */
  byMs: number;
  plusMinusMs: number;
}

const MOST = 500;
/** Between spans of one machine. */
const TOLERANCE_MS = 1;
/** A message's wait is by other clocks. */
const MESSAGE_MS = 1_000;
/** A clock is wrong if more calls than this are impossible. */
const SHARE = 0.5;

interface Pair {
  caller: number;
  called: number;
  /** Per call, middle and half width of the callee's possible shift. */
  shifts: number[];
  widths: number[];
  outside: number;
}

/** A server works while its caller waits: its times move if most calls contradict. */
export function correctClocks(table: SpanTable, { parent, duplicate }: Trees): CorrectedClock[] {
  const processes = processesOf(table);
  const pairs = new Map<number, Pair>();
  for (let row = 0; row < table.size; row++) {
    const above = parent[row]!;
    if (above < 0 || duplicate[row] === 1) continue;
    const [caller, called] = [processes.of[above]!, processes.of[row]!];
    if (caller === called) continue;
    const limits =
      table.kind[row] === KIND.CONSUMER ? limitsOfMessage(table, above, row) : limitsOfCall(table, above, row);
    if (limits) addCall(pairs, caller, called, ...limits);
  }
  const wrong = [...pairs.values()].filter(({ shifts, outside }) => outside > shifts.length * SHARE);
  if (wrong.length === 0) return [];
  const offsets = offsetsFrom(processes, [...pairs.values()]);
  for (let row = 0; row < table.size; row++) {
    const by = offsets.get(processes.of[row]!)?.byMs ?? 0;
    table.start[row]! += by;
    table.end[row]! += by;
  }
  for (const mark of table.marks) mark.at += offsets.get(processes.of[mark.row]!)?.byMs ?? 0;
  return [...offsets.values()].filter(({ byMs }) => Math.abs(byMs) > TOLERANCE_MS);
}

function limitsOfCall({ start, end }: SpanTable, above: number, row: number): [number, number] | undefined {
  const [earliest, latest] = [start[above]! - start[row]!, end[above]! - end[row]!];
  // Longer than the call: the caller did not wait.
  return latest < earliest ? undefined : [earliest, latest];
}

/** From the message's wait. */
function limitsOfMessage(
  { start, end, attributes }: SpanTable,
  above: number,
  row: number,
): [number, number] | undefined {
  const waited = attributes[row]?.queueWaitMs;
  if (waited === undefined) return undefined;
  const earliest = start[above]! - start[row]!;
  return [earliest, Math.max(earliest, end[above]! + waited + MESSAGE_MS - start[row]!)];
}

function addCall(pairs: Map<number, Pair>, caller: number, called: number, earliest: number, latest: number): void {
  const key = caller * 2 ** 20 + called;
  let pair = pairs.get(key);
  if (!pair) pairs.set(key, (pair = { caller, called, shifts: [], widths: [], outside: 0 }));
  if (pair.shifts.length >= MOST) return;
  pair.shifts.push((earliest + latest) / 2);
  pair.widths.push((latest - earliest) / 2);
  if (earliest > TOLERANCE_MS || latest < -TOLERANCE_MS) pair.outside++;
}

/** The process with most spans has the reference clock. */
function offsetsFrom({ sizes, services }: Processes, pairs: Pair[]): Map<number, CorrectedClock> {
  const offsets = new Map<number, CorrectedClock>();
  const order = [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!);
  for (const root of order) {
    if (offsets.has(root)) continue;
    offsets.set(root, { service: services[root]!, byMs: 0, plusMinusMs: 0 });
    const queue = [root];
    for (let at = 0; at < queue.length; at++) {
      const from = queue[at]!;
      for (const { caller, called, shifts, widths, outside } of pairs) {
        const to = caller === from ? called : called === from ? caller : undefined;
        if (to === undefined || offsets.has(to)) continue;
        const shift = outside > shifts.length * SHARE ? middle(shifts) : 0;
        const { byMs, plusMinusMs } = offsets.get(from)!;
        offsets.set(to, {
          service: services[to]!,
          byMs: byMs + (to === called ? shift : -shift),
          plusMinusMs: plusMinusMs + (shift === 0 ? 0 : middle(widths)),
        });
        queue.push(to);
      }
    }
  }
  return offsets;
}

interface Processes {
  of: Int32Array;
  sizes: number[];
  services: number[];
}

function processesOf({ size, service, instance }: SpanTable): Processes {
  const numbers = new Map<number, number>();
  const all: Processes = { of: new Int32Array(size), sizes: [], services: [] };
  for (let row = 0; row < size; row++) {
    const key = service[row]! * 2 ** 24 + instance[row]!;
    let number = numbers.get(key);
    if (number === undefined) {
      numbers.set(key, (number = all.sizes.length));
      all.sizes.push(0);
      all.services.push(service[row]!);
    }
    all.of[row] = number;
    all.sizes[number]!++;
  }
  return all;
}

function middle(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}
