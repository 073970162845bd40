import { type Access, haveCommon } from './access.ts';
import type { Race, Search, Seen } from './finding.ts';
import { readsThenWrites, type ReadThenWrite } from './read-then-write.ts';

const ROW_CHANGES = new Set(['update', 'update_relative', 'update_derived', 'update_constant', 'delete']);
/** Looked at, of each. */
const FIRST = 5;
const KEY_CHANGES = new Set(['write', 'write_expiring', 'write_conditional', 'change', 'delete']);

/** A key filled from a row that was changed meanwhile, and read afterwards. */
export const staleReads: Search = (seen) => {
  const sources = sourcesByRow(seen);
  return seen.things.cacheKeys.flatMap((accesses) => {
    const fills = readsThenWrites(
      seen.table,
      accesses,
      ({ verb, isHit }) => verb === 'read' && isHit === false,
      ({ verb }) => verb === 'write' || verb === 'write_expiring',
    );
    const races: Race[] = [];
    for (const fill of fills) {
      const source = sourceOf(seen, fill, sources);
      const race = source && staleAfter(seen, fill, source, accesses);
      if (race) races.push(race);
    }
    return races;
  });
};

interface Source {
  access: Access;
  /** To the same row. */
  all: Access[];
}

function sourcesByRow({ things }: Seen): Map<number, Source> {
  const byRow = new Map<number, Source>();
  for (const all of things.rows)
    for (const access of all)
      if (access.verb === 'read' || access.verb === 'read_for_update') byRow.set(access.row, { access, all });
  return byRow;
}

/** Only where one row is all that was asked for in between. */
function sourceOf({ calls }: Seen, { read, write }: ReadThenWrite, sources: Map<number, Source>): Source | undefined {
  const row = calls.only(write.trace, read.end, write.start);
  return row === undefined ? undefined : sources.get(row);
}

function staleAfter(seen: Seen, { write: fill }: ReadThenWrite, source: Source, accesses: Access[]): Race | undefined {
  const { calls, clocks, table } = seen;
  const changes = source.all.filter(
    (each) =>
      ROW_CHANGES.has(each.verb) &&
      each.trace !== fill.trace &&
      haveCommon(source.access.columns, each.columns) &&
      clocks.isBefore(source.access, each.seen) &&
      // It may have removed the key, with others.
      !calls.callsUnknown(each.trace, table.target[fill.row]!, each.start),
  );
  for (const change of changes.slice(0, FIRST)) {
    const reads = accesses.filter(
      (each) =>
        each.verb === 'read' &&
        each.isHit === true &&
        clocks.isBefore(change.seen, each) &&
        clocks.isBefore(fill, each),
    );
    const read = reads.slice(0, FIRST).find((each) => isOfFill(seen, each, fill, change, accesses));
    if (!read) continue;
    const commit = change.seen.row === change.row ? [] : [change.seen.row];
    const rows = [source.access.row, change.row, ...commit, fill.row, read.row];
    return {
      kind: 'stale_read',
      on: fill.row,
      rows: rows.sort((a, b) => table.start[a]! - table.start[b]!),
      text: 'The key was filled with a row as it was before a change, and read from the cache after the change',
    };
  }
  return undefined;
}

/** Nothing else can have set or removed the key, and the one who changed the row is not about to. */
function isOfFill({ clocks }: Seen, read: Access, fill: Access, change: Access, accesses: Access[]): boolean {
  return accesses.every((each) => {
    // It was removed, by whatever.
    if (each.verb === 'read' && each.isHit === false && clocks.isBefore(fill, each)) return clocks.isBefore(read, each);
    if (each === fill || !KEY_CHANGES.has(each.verb)) return true;
    if (each.trace === change.trace && each.end >= read.start) return false;
    return clocks.isBefore(each, fill) || clocks.isBefore(read, each);
  });
}
