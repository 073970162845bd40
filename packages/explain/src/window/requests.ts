import type { Decomposed } from '../decompose/decomposed.ts';
import { KIND, type SpanTable } from '../spans/span-table.ts';
import { lostMessages } from './lost-messages.ts';

export interface AppRequest {
  row: number;
  service: number;
  /** Service and route. */
  route: number;
  start: number;
  /** With the queue's wait. */
  ms: number;
  failed: boolean;
  /** Swallowed or never handled. */
  isLost: boolean;
}

/** Ours, older than `foreshock.background`; start-up, jobs. */
const BACKGROUND = /^(?:pool\.saturated|pool\.leak|cache\.stampede|pool\.acquire|start|job|process\.died)\b/;

/** By start. */
export function findRequests(whole: Decomposed): AppRequest[] {
  const { table, trees, clipped } = whole;
  const requests: AppRequest[] = [];
  const { swallowed, unseen } = lostMessages(whole);
  for (const row of clipped.entries) {
    const kind = table.kind[row]!;
    const name = table.strings.text(table.name[row]!);
    if (kind === KIND.INTERNAL && (table.attributes[row]?.isBackground || BACKGROUND.test(name))) continue;
    // An incomplete trace needs a server or consumer span.
    const isOrphan = table.hasParent[row] === 1 && trees.parent[row]! < 0;
    if (isOrphan && kind !== KIND.SERVER && kind !== KIND.CONSUMER) continue;
    const waited = kind === KIND.CONSUMER ? Math.max(0, table.attributes[row]?.queueWaitMs ?? 0) : 0;
    const ms = table.end[row]! - table.start[row]! + waited;
    const isLost = swallowed.has(row);
    requests.push({
      row,
      service: table.service[row]!,
      route: routeOf(whole, row, name),
      start: table.start[row]!,
      ms,
      failed: isLost || isFailure(table, row),
      isLost,
    });
  }
  for (const { row, handling } of unseen) {
    const route = routeOf(whole, handling, table.strings.text(table.name[handling]!));
    const [service, start] = [table.service[handling]!, table.start[row]!];
    requests.push({ row, service, route, start, ms: 0, failed: true, isLost: true });
  }
  return requests.sort((a, b) => a.start - b.start);
}

/** A cancelling caller is no failure. */
function isFailure(table: SpanTable, row: number): boolean {
  return table.failed[row] === 1 && table.attributes[row]?.cancelled !== true;
}

/** A method, a wildcard. */
const WITHOUT_ROUTE = /^(?:HTTP )?(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS|_OTHER|HTTP)?\s*\/?\*{0,2}$/i;

const LOOKED_AT = 24;

/** A gateway without routes has its first callee's. */
function routeOf({ table, trees, remote }: Decomposed, row: number, name: string): number {
  const { strings } = table;
  const service = strings.text(table.service[row]!);
  if (!WITHOUT_ROUTE.test(name)) return strings.id(`${service} ${name}`);
  const given = table.attributes[row]?.route;
  if (given) return strings.id(`${service} ${name} ${given}`);
  const queue = [row];
  for (let at = 0; at < queue.length && at < LOOKED_AT; at++) {
    const { childStart, children } = trees;
    const called = remote[queue[at]!]!;
    const calledName = called < 0 ? '' : strings.text(table.name[called]!);
    if (called >= 0 && !WITHOUT_ROUTE.test(calledName)) {
      return strings.id(`${service} → ${strings.text(table.service[called]!)} ${calledName}`);
    }
    for (let child = childStart[queue[at]!]!; child < childStart[queue[at]! + 1]!; child++)
      queue.push(children[child]!);
  }
  return strings.id(`${service} ${name}`);
}
