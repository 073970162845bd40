import type { KnownAttributes, Mark } from '../spans/known-attributes.ts';
import type { Decomposed } from './decomposed.ts';
import { isPoolWait } from '../spans/pool-wait.ts';
import type { SpanTable } from '../spans/span-table.ts';
import type { Trees } from '../spans/trees.ts';

interface Opening extends KnownAttributes {
  /** Number of the database's name. */
  peer: number;
}

/** By the span that asked for the connection (`await client.connect()`). */
export type Openings = ReadonlyMap<number, Opening>;

/** But for those whose time is a wait for a pool, a span of its own. */
export function openingsAskedFor(table: SpanTable, trees: Trees): Openings {
  const openings = new Map<number, Opening>();
  for (const mark of table.marks) {
    if (mark.name !== 'connection.opened' || hasWait(mark.row)) continue;
    const { 'db.system.name': system, 'db.namespace': namespace, 'server.address': host } = mark.values;
    const peer = table.strings.id(`${system ?? ''} ${namespace ?? host ?? ''}`.trim());
    const known = openings.get(mark.row);
    if (known && known.peer !== peer) continue;
    openings.set(mark.row, {
      peer,
      dnsMs: (known?.dnsMs ?? 0) + msOf(mark, 'dns'),
      connectMs: (known?.connectMs ?? 0) + msOf(mark, 'connect'),
      tlsMs: (known?.tlsMs ?? 0) + msOf(mark, 'tls'),
      loginMs: (known?.loginMs ?? 0) + msOf(mark, 'login'),
    });
  }
  return openings;

  function hasWait(row: number): boolean {
    for (let at = trees.childStart[row]!; at < trees.childStart[row + 1]!; at++) {
      const child = trees.children[at]!;
      if (isPoolWait(table, child) && table.attributes[child]!.waitReason === 'connect') return true;
    }
    return false;
  }
}

function msOf({ values }: Mark, phase: string): number {
  const ms = Number(values[`db.phase.${phase}_ms`] ?? 0);
  return ms > 0 ? ms : 0;
}

/** Of a connection beside a span's own work; returns its milliseconds. A wait for a pool is `poolConnect` but for these. */
export function addOpening(
  { table, signals }: Decomposed,
  row: number,
  { dnsMs = 0, tlsMs = 0, connectMs = 0, loginMs = 0, isWait }: KnownAttributes,
  peer: number,
  operation: number,
  ms: number,
): number {
  let left = ms;
  const parts = { dns: dnsMs, tls: tlsMs, connect: isWait ? 0 : connectMs + loginMs };
  for (const kind of ['dns', 'tls', 'connect'] as const) {
    const taken = Math.min(left, parts[kind]);
    if (!(taken > 0)) continue;
    left -= taken;
    signals.add(kind, table.service[row]!, peer, operation, row, taken);
  }
  return ms - left;
}
