import type { SpanTable } from '../spans/span-table.ts';
import { spanIdText } from '../spans/span-id.ts';
import type { Clocks } from './clocks.ts';
import type { Races } from './find.ts';
import type { Race, RaceKind } from './finding.ts';

/** What `--json` prints: races.schema.json. */
export interface RacesAnswer {
  schema: 'foreshock.races/1';
  findings: RaceFinding[];
  compared: {
    spans: number;
    cacheKeys: number;
    rows: number;
    messages: number;
    /** Pairs of machines whose clocks nothing compares: no order was claimed between them. */
    clocksUnknown: number;
  };
  notes: string[];
}

export interface RaceFinding {
  kind: RaceKind;
  /** What the calls had in common. */
  on: string;
  text: string;
  /** So often, on so many rows, keys or messages. */
  times: number;
  things: number;
  /** One of them, in order. */
  timeline: RaceMoment[];
}

export interface RaceMoment {
  at: string;
  /** Since the first. */
  afterMs: number;
  /** How far its clock and the first one's can be apart. */
  plusMinusMs: number;
  service: string;
  operation: string;
  traceId: string;
  spanId: string;
}

interface Group {
  races: Race[];
  things: Set<string>;
}

export function racesAnswer({ races, seen, messages }: Races, since: number, notes: string[]): RacesAnswer {
  const { table, clocks, things } = seen;
  const groups = new Map<string, Group>();
  for (const race of races) {
    if (race.rows.some((row) => table.start[row]! < since)) continue;
    const calls = race.rows.map((row) => [table.service[row], table.name[row], table.target[row]].join(' '));
    const key = [race.kind, race.text, ...calls].join(' ');
    const group = groups.get(key) ?? { races: [], things: new Set() };
    groups.set(key, group);
    group.races.push(race);
    group.things.add(thingOf(table, race));
  }
  return {
    schema: 'foreshock.races/1',
    findings: [...groups.values()]
      .sort((a, b) => b.races.length - a.races.length)
      .map(({ races: [first, ...rest], things: { size } }) => ({
        kind: first!.kind,
        on: nameOf(table, first!),
        text: first!.text,
        times: rest.length + 1,
        things: size,
        timeline: timelineOf(table, clocks, first!),
      })),
    compared: {
      spans: table.size,
      cacheKeys: things.cacheKeys.length,
      rows: things.rows.length,
      messages,
      clocksUnknown: clocks.unknownPairs,
    },
    notes,
  };
}

function thingOf({ attributes, target }: SpanTable, { on }: Race): string {
  const { keyHash, messageId } = attributes[on] ?? {};
  return `${target[on]} ${keyHash ?? messageId}`;
}

function nameOf({ attributes, target, strings }: SpanTable, { kind, on }: Race): string {
  const { access, collection, destination, keyHash } = attributes[on] ?? {};
  const where = strings.text(target[on]!);
  if (kind === 'double_processing') return `a message of ${destination ?? where}`;
  const hash = (keyHash ?? 0).toString(16).padStart(12, '0');
  return access?.startsWith('row ') === true
    ? `row ${hash} of ${collection ?? '?'} (${where})`
    : `key ${hash} (${where})`;
}

/** By the first one's clock. */
function timelineOf(table: SpanTable, clocks: Clocks, { rows }: Race): RaceMoment[] {
  const least = rows.reduce((first, row) => (table.start[row]! < table.start[first]! ? row : first));
  const moments = rows
    .map((row) => ({ row, start: table.start[row]! + clocks.between(least, row).shift }))
    .sort((a, b) => a.start - b.start);
  const [first] = moments;
  return moments.map(({ row, start }) => ({
    at: atOf(table.start[row]!),
    afterMs: rounded(start - first!.start),
    plusMinusMs: rounded(finite(clocks.between(first!.row, row).plusMinus)),
    service: table.strings.text(table.service[row]!),
    operation: table.strings.text(table.name[row]!),
    traceId: table.traceId(table.trace[row]!),
    spanId: spanIdText(table.idHigh[row]!, table.idLow[row]!),
  }));
}

/** -1: not known. */
function finite(ms: number): number {
  return Number.isFinite(ms) ? ms : -1;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** With microseconds. */
function atOf(ms: number): string {
  const micros = Math.floor((ms - Math.floor(ms)) * 1000);
  return `${new Date(Math.floor(ms)).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}
