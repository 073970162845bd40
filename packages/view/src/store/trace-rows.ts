import type { DatabaseSync } from 'node:sqlite';
import { orderOf } from './trace-order.ts';
import { outlineOf } from './trace-outline.ts';

/** `/api/traces/ID`: the waterfall's columns. Undefined if no such trace. */
export function traceRows(database: DatabaseSync, traceId: string): string | undefined {
  const outline = outlineOf(database, traceId);
  if (!outline) return undefined;
  const { from, isCut, ids, services, json } = outline;
  const { order, parents } = orderOf(outline);
  const serviceOf = Object.fromEntries(Array.from(services, ([id, { service }]) => [id, service]));
  const head = JSON.stringify({ traceId, from, isCut, services: serviceOf, spanIds: ids.allHex() });
  const columns = Object.entries(json).map(([name, list]) => `,"${name}":${list}`);
  return `${head.slice(0, -1)},"order":[${order.join()}],"parents":[${parents.join()}]${columns.join('')}}`;
}
