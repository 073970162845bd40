import { type Access, haveCommon } from './access.ts';
import type { Race, Search, Seen } from './finding.ts';
import { readsThenWrites, type ReadThenWrite } from './read-then-write.ts';

const ROW_CHANGES = new Set(['update', 'update_relative', 'update_derived', 'update_constant']);
const KEY_CHANGES = new Set(['write', 'write_expiring', 'change']);
const KEY_WRITES = new Set(['write', 'write_expiring']);
/** Writes looked at after each read. */
const NEAREST = 200;

/** A value that was read before another's write, and written after it. */
export const lostUpdates: Search = (seen) =>
  [
    ...seen.things.rows.flatMap((accesses) =>
      search(seen, accesses, {
        isRead: ({ verb }) => verb === 'read' || verb === 'read_for_update',
        isWrite: ({ verb }) => verb === 'update',
        isChange: ({ verb }) => ROW_CHANGES.has(verb),
      }),
    ),
    // A value loaded from elsewhere in between is no change of the one that was read.
    ...seen.things.cacheKeys.flatMap((accesses) => {
      const watching = new Set(accesses.filter(({ verb }) => verb === 'watch').map(({ trace }) => trace));
      return search(seen, accesses, {
        isRead: ({ verb, isHit }) => verb === 'read' && isHit === true,
        isWrite: ({ verb, trace }) => KEY_WRITES.has(verb) && !watching.has(trace),
        isChange: ({ verb }) => KEY_CHANGES.has(verb),
      }).filter(({ pair: { read, write } }) => !seen.calls.loads(write.trace, read.end, write.start));
    }),
  ].map(({ race }) => race);

interface Rules {
  isRead: (access: Access) => boolean;
  isWrite: (access: Access) => boolean;
  /** What can be lost. */
  isChange: (access: Access) => boolean;
}

interface Found {
  race: Race;
  pair: ReadThenWrite;
}

function search(seen: Seen, accesses: Access[], { isRead, isWrite, isChange }: Rules): Found[] {
  const pairs = readsThenWrites(seen.table, accesses, isRead, isWrite);
  if (pairs.length === 0) return [];
  const changes = accesses.filter(isChange);
  const byWrite = new Map(pairs.map((pair) => [pair.write, pair]));
  const found: Found[] = [];
  const lost = new Set<Access>();
  for (const pair of pairs) {
    const { read, write } = pair;
    const first = changes.findIndex(({ end }) => end >= read.start);
    for (const other of first < 0 ? [] : changes.slice(first, first + NEAREST)) {
      if (other.start > write.seen.end) break;
      if (other.trace === write.trace || lost.has(other) || lost.has(write)) continue;
      if (!haveCommon(read.columns, write.columns, other.columns)) continue;
      // It could not be seen yet.
      if (!seen.clocks.isBefore(read, other.seen)) continue;
      if (seen.clocks.isBefore(other.seen, write)) {
        lost.add(other);
        found.push({ pair, race: inOrder(pair, other) });
      } else {
        const others = byWrite.get(other);
        if (!others || !haveCommon(others.read.columns, other.columns, write.columns)) continue;
        if (!seen.clocks.isBefore(others.read, write.seen)) continue;
        lost.add(other).add(write);
        found.push({ pair, race: oneOfTwo(pair, others) });
      }
    }
  }
  return found;
}

function inOrder({ read, write }: ReadThenWrite, other: Access): Race {
  const commit = other.seen.row === other.row ? [] : [other.seen.row];
  return {
    kind: 'lost_update',
    on: write.row,
    rows: [read.row, other.row, ...commit, write.row],
    text: 'It was read, then another request changed it, then the first one wrote it without having seen that change',
  };
}

/** Whichever was second overwrote the other. */
function oneOfTwo(one: ReadThenWrite, other: ReadThenWrite): Race {
  return {
    kind: 'lost_update',
    on: one.write.row,
    rows: [one.read.row, other.read.row, one.write.row, other.write.row],
    text: 'Both requests read it before the other one wrote it, and both wrote it without having seen what the other wrote',
  };
}
