import { type Access, haveCommon } from './access.ts';
import type { Race, Search, Seen } from './finding.ts';
import { readsThenWrites, type ReadThenWrite } from './read-then-write.ts';

/** Pairs looked at after each one. */
const NEAREST = 50;
/** Other requests looked at. */
const MOST_OTHERS = 50;

/** Requests that found it done, by what they asked. */
type Refused = Map<string, Access[]>;

/**
 * Two that both found it untouched, both claimed it, and both did what one should have done. A cache that both fill looks
 * the same: so requests that found it done must not do it, or the key was set without anything loaded for it.
 */
export const checksThenActs: Search = (seen) => {
  const { cacheKeys, rows } = seen.things;
  const found: Refused = new Map();
  for (const each of cacheKeys.flat()) if (each.verb === 'read' && each.isHit === true) addTo(found, seen, each);
  const marked: Refused = new Map();
  for (const accesses of rows) {
    const first = accesses.find(isMark);
    for (const each of first ? accesses : [])
      if (isRowRead(each) && seen.clocks.isBefore(first!.seen, each)) addTo(marked, seen, each);
  }
  return [
    ...cacheKeys.flatMap((accesses) => {
      const watching = new Set(accesses.filter(({ verb }) => verb === 'watch').map(({ trace }) => trace));
      const claims = readsThenWrites(
        seen.table,
        accesses,
        ({ verb, isHit }) => verb === 'read' && isHit === false,
        ({ verb, trace }) => (verb === 'write' || verb === 'write_expiring') && !watching.has(trace),
      );
      return search(seen, claims, found, 'Both requests found the key missing before the other one set it');
    }),
    ...rows.flatMap((accesses) => {
      const claims = readsThenWrites(seen.table, accesses, isRowRead, isMark);
      return search(seen, claims, marked, 'Both requests read the row before the other one marked it');
    }),
  ];
};

function isRowRead({ verb }: Access): boolean {
  return verb === 'read' || verb === 'read_for_update';
}

function isMark({ verb }: Access): boolean {
  return verb === 'update_constant';
}

function addTo(refused: Refused, seen: Seen, access: Access): void {
  const key = questionOf(seen, access);
  const known = refused.get(key);
  if (!known) refused.set(key, [access]);
  else if (known.length < MOST_OTHERS) known.push(access);
}

/** By the caller's name, too: a cache is asked for many things. */
function questionOf({ table: { service, name, target }, trees: { parent } }: Seen, { row }: Access): string {
  const above = parent[row]!;
  return [service[row], name[row], target[row], above < 0 ? '' : name[above]].join(' ');
}

function search(seen: Seen, claims: ReadThenWrite[], refused: Refused, found: string): Race[] {
  const races: Race[] = [];
  const told = new Set<number>();
  claims.forEach((one, at) => {
    for (const other of claims.slice(at + 1, at + 1 + NEAREST)) {
      if (one.write.trace === other.write.trace || told.has(other.write.trace)) continue;
      if (!haveCommon(one.read.columns, one.write.columns, other.write.columns)) continue;
      if (!seen.clocks.isBefore(one.read, other.write.seen)) continue;
      if (!seen.clocks.isBefore(other.read, one.write.seen)) continue;
      const act = actOfBoth(seen, one, other, refused);
      if (act === undefined) continue;
      told.add(one.write.trace).add(other.write.trace);
      const rows = [one.read.row, other.read.row, one.write.row, other.write.row, ...act.rows];
      races.push({ kind: 'check_then_act', on: one.write.row, rows, text: `${found}, and both ${act.text}` });
    }
  });
  return races;
}

function actOfBoth(
  seen: Seen,
  one: ReadThenWrite,
  other: ReadThenWrite,
  refused: Refused,
): { text: string; rows: number[] } | undefined {
  const [acts, others] = [one, other].map(({ read, write }) => seen.calls.actsOf(write.trace, read.end)) as [
    Map<string, number>,
    Map<string, number>,
  ];
  const isDirect = [one, other].every((each) => isKey(each) && isClaim(seen, each));
  const elsewhere = refused.get(questionOf(seen, one.read)) ?? [];
  for (const [what, row] of acts) {
    const again = others.get(what);
    if (again === undefined || mayFill(seen, row, one) || mayFill(seen, again, other)) continue;
    const doneAnyway = elsewhere.some(({ trace, end }) => seen.calls.actsOf(trace, end).has(what));
    if (doneAnyway || (elsewhere.length === 0 && !isDirect)) continue;
    return { text: `did \`${what}\``, rows: [row, again] };
  }
  return undefined;
}

/** What a POST answers, such as a search, may be what the key is set to. */
function mayFill({ table: { attributes, start } }: Seen, act: number, claim: ReadThenWrite): boolean {
  return isKey(claim) && attributes[act]?.isPost === true && start[act]! < claim.write.start;
}

function isKey({ write }: ReadThenWrite): boolean {
  return !isMark(write);
}

/** Nothing was loaded that a cache would hold. */
function isClaim({ calls }: Seen, { read, write }: ReadThenWrite): boolean {
  return !calls.loads(write.trace, read.end, write.start);
}
