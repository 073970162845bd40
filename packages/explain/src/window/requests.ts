import type { Decomposed } from '../decompose/decompose.ts';
import { KIND, type SpanTable } from '../spans/span-table.ts';
import { lostMessages } from './lost-messages.ts';

/** What somebody waited for: a request, a message. */
export interface AppRequest {
  /** The span it begins with. */
  row: number;
  /** Number of a text. */
  service: number;
  /** Number of a text: service and route. */
  route: number;
  start: number;
  /** With the wait in the queue, for a message. */
  ms: number;
  failed: boolean;
  /** A message that is gone though no span failed: its handler swallowed an error, or nobody handled it. */
  isLost: boolean;
}

/** Spans that begin a trace and that nobody waits for: those of the instrumentation itself, start-up, jobs. */
const BACKGROUND = /^(?:pool\.saturated|pool\.leak|cache\.stampede|pool\.acquire|start|job|process\.died)\b/;

/** All requests, by start. */
export function findRequests(whole: Decomposed): AppRequest[] {
  const { table, trees, clipped } = whole;
  const requests: AppRequest[] = [];
  const { swallowed, unseen } = lostMessages(whole);
  for (const row of clipped.entries) {
    const kind = table.kind[row]!;
    const name = table.strings.text(table.name[row]!);
    if (kind === KIND.INTERNAL && BACKGROUND.test(name)) continue;
    // A part of a trace whose beginning is missing is a request only where a service says it served one.
    const isOrphan = table.hasParent[row] === 1 && trees.parent[row]! < 0;
    if (isOrphan && kind !== KIND.SERVER && kind !== KIND.CONSUMER) continue;
    const waited = kind === KIND.CONSUMER ? Math.max(0, table.facts[row]?.queueWaitMs ?? 0) : 0;
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

/** A caller that hung up is no failure. */
function isFailure(table: SpanTable, row: number): boolean {
  return table.failed[row] === 1 && table.facts[row]?.cancelled !== true;
}

/** A name that says nothing of the route: a method, a wildcard. */
const WITHOUT_ROUTE = /^(?:HTTP )?(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS|_OTHER|HTTP)?\s*\/?\*{0,2}$/i;

/** How many spans are looked at for a better name. */
const LOOKED_AT = 24;

/** Service and route. Behind a gateway without routes it is that of the first service called. */
function routeOf({ table, trees, remote }: Decomposed, row: number, name: string): number {
  const { strings } = table;
  const service = strings.text(table.service[row]!);
  if (!WITHOUT_ROUTE.test(name)) return strings.id(`${service} ${name}`);
  const given = table.facts[row]?.route;
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
