import type { SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';
import type { Transactions } from './transactions.ts';

/** A call to one cache key or one row that answered. */
export interface Access {
  row: number;
  trace: number;
  /** Such as `read`, without the room. */
  verb: string;
  /** Read or assigned; undefined: all. */
  columns: ReadonlySet<string> | undefined;
  isHit: boolean | undefined;
  start: number;
  end: number;
  /** From when others may see what it wrote: its own times, or its transaction's COMMIT's. */
  seen: { row: number; start: number; end: number };
}

export interface Things {
  /** By key, each by start. */
  cacheKeys: Access[][];
  rows: Access[][];
}

/** Of a hot key the first: pairs are compared. */
const MOST_OF_ONE = 2_000;

const NO_CHANGE = new Set(['read', 'read_for_update', 'watch']);

/** Calls that failed, or were rolled back, changed nothing. */
export function thingsOf(table: SpanTable, { duplicate }: Trees, transactions: Transactions): Things {
  const cacheKeys = new Map<string, Access[]>();
  const rows = new Map<string, Access[]>();
  table.attributes.forEach((attributes, row) => {
    if (attributes?.access === undefined || attributes.keyHash === undefined) return;
    if (duplicate[row] === 1 || table.failed[row] === 1) return;
    const [room, verb] = attributes.access.split(' ') as [string, string];
    const isRow = room === 'row';
    const own = { row, start: table.start[row]!, end: table.end[row]! };
    const seen = isRow && !NO_CHANGE.has(verb) ? transactions.seenBy(own) : own;
    if (!seen) return;
    const things = isRow ? rows : cacheKeys;
    const key = `${table.target[row]!} ${attributes.keyHash}`;
    const known = things.get(key);
    const access: Access = {
      ...own,
      trace: table.trace[row]!,
      verb,
      columns: columnsIn(attributes.columns),
      isHit: attributes.cacheHit,
      seen,
    };
    if (!known) things.set(key, [access]);
    else if (known.length < MOST_OF_ONE) known.push(access);
  });
  return { cacheKeys: sorted(cacheKeys), rows: sorted(rows) };
}

function sorted(things: Map<string, Access[]>): Access[][] {
  return [...things.values()].map((each) => each.sort((a, b) => a.start - b.start));
}

function columnsIn(text: string | undefined): ReadonlySet<string> | undefined {
  return text === undefined || text === '*' ? undefined : new Set(text.split(','));
}

/** Of what one reads, assigns, and another assigns. */
export function haveCommon(...all: (ReadonlySet<string> | undefined)[]): boolean {
  const known = all.filter((each) => each !== undefined);
  const [first, ...rest] = known;
  if (!first) return true;
  return [...first].some((column) => rest.every((each) => each.has(column)));
}
