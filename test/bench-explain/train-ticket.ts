import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Answer, analyse, buildAnswer, SpanTable } from '@foreshock/explain';

/** One labelled fault of the Train Ticket set; see its README. */
interface Fault {
  id: string;
  injectedAt: string;
  service: string;
  type: string;
  latency: boolean;
  files: string[];
}

/** A fault, and what the tool said of it. */
export interface Scored {
  id: string;
  type: string;
  latency: boolean;
  service: string;
  /** Place of the true service among the named ones, from 1; Infinity if it is not named. */
  rank: number;
  answer: Answer;
}

interface Row {
  trace: string;
  id: string;
  parent: string;
  service: string;
  name: string;
  start: number;
  end: number;
}

const WINDOW_MS = 150_000;
const BEFORE_INJECTION_MS = 3_000;

/** Scores all faults of the set in a folder. */
export function scoreTrainTicket(folder: string): Scored[] | undefined {
  if (!existsSync(join(folder, 'faults.json'))) return undefined;
  const faults = JSON.parse(readFileSync(join(folder, 'faults.json'), 'utf8')) as Fault[];
  const scored: Scored[] = [];
  /** Healthy rows of the day so far. */
  let healthy: Row[] = [];
  let day = '';
  for (const fault of faults) {
    const at = Date.parse(fault.injectedAt);
    if (fault.injectedAt.slice(0, 10) !== day) {
      day = fault.injectedAt.slice(0, 10);
      healthy = shiftedBefore(readRows(join(folder, 'healthy', HEALTHY[day]!)), at);
    }
    const own = fault.files.flatMap((file) => readRows(join(folder, file)));
    const table = new SpanTable();
    for (const row of distinct([...healthy, ...own])) add(table, row);
    const answer = buildAnswer(analyse(table, { from: at, to: at + WINDOW_MS }));
    const named = [...new Set(answer.causes.map(({ service }) => service))];
    const place = named.indexOf(fault.service);
    scored.push({ ...fault, rank: place < 0 ? Infinity : place + 1, answer });
    healthy.push(...tracesBefore(own, at));
  }
  return scored;
}

const HEALTHY: Record<string, string> = {
  '2023-01-29': '2023-01-29_08_50.csv.gz',
  '2023-01-30': '2023-01-30_11_39.csv.gz',
};

function readRows(file: string): Row[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n').slice(1);
  return lines.filter(Boolean).map((line) => {
    const [trace, id, parent, pod, name, start, end] = line.split(',') as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const service = pod.replace(/-[0-9a-f]{8,10}-[a-z0-9]{5}$/, '');
    return {
      trace,
      id,
      parent: parent === 'root' ? '' : parent,
      service,
      name,
      start: Number(start) / 1e6,
      end: Number(end) / 1e6,
    };
  });
}

/** Files of neighbouring faults overlap. */
function distinct(rows: Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter(({ trace, id }) => {
    const key = `${trace} ${id}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** The stretch of the 29th lies after the first fault; a tool that takes no later baseline gets it moved. */
function shiftedBefore(rows: Row[], at: number): Row[] {
  const last = rows.reduce((latest, { end }) => Math.max(latest, end), 0);
  const by = last < at ? 0 : last - at + 60_000;
  return rows.map((row) => ({ ...row, start: row.start - by, end: row.end - by }));
}

/** Traces that were over before the fault. */
function tracesBefore(rows: Row[], at: number): Row[] {
  const late = new Set<string>();
  for (const { trace, parent, start, end } of rows) {
    if (end >= at || (parent === '' && start > at - BEFORE_INJECTION_MS)) late.add(trace);
  }
  return rows.filter(({ trace }) => !late.has(trace));
}

function add(table: SpanTable, { trace, id, parent, service, name, start, end }: Row): void {
  table.add({
    traceId: trace,
    spanId: id,
    parentSpanId: parent,
    service,
    instance: service,
    version: '',
    host: '',
    config: '',
    name,
    kind: 0,
    start,
    end,
    failed: false,
    errorType: '',
    target: '',
    attributes: undefined,
  });
}
