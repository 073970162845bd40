import type { DatabaseSync } from 'node:sqlite';
import { areOneCall, otherId } from '@foreshock/explain/store';
import { SpanIds } from './span-ids.ts';

/** Larger ones: the first to begin. */
const MOST_SPANS = 100_000;
const NONE = '0'.repeat(16);

/** A trace without attributes, events, links, in unordered columns. */
export interface TraceOutline {
  id: number;
  /** Unix milliseconds. */
  from: number;
  isCut: boolean;
  ids: SpanIds;
  parentIds: SpanIds;
  kinds: number[];
  resources: number[];
  /** Nanoseconds after `from`. */
  starts: number[];
  ends: number[];
  services: Map<number, { service: string; instance: string }>;
  /** As SQLite wrote them. */
  json: Record<Column, string>;
}

type Column = 'kinds' | 'resources' | 'starts' | 'ends' | 'names' | 'statuses' | 'summaries';

/** SQLite writes the columns: node:sqlite's object a row is slow. */
export function outlineOf(database: DatabaseSync, traceId: string): TraceOutline | undefined {
  const trace = database.prepare('SELECT id, start_ms, spans FROM traces WHERE trace_id = ?').get(traceId) as
    | { id: number; start_ms: number; spans: number }
    | undefined;
  if (!trace) return undefined;
  const { id, start_ms: from, spans } = trace;
  const isCut = spans > MOST_SPANS;
  const { ids, parentIds, ...json } = database
    .prepare(
      `SELECT group_concat(span_id, '') AS ids, group_concat(iif(parent_id = '', '${NONE}', parent_id), '') AS parentIds,
         json_group_array(kind) AS kinds, json_group_array(resource) AS resources,
         json_group_array(CAST(round((start_ms - ?2) * 1e6) AS INTEGER)) AS starts,
         json_group_array(CAST(round((end_ms - ?2) * 1e6) AS INTEGER)) AS ends,
         json_group_array(name) AS names, json_group_array(status) AS statuses, json_group_array(json(summary)) AS summaries
       FROM (SELECT * FROM spans WHERE trace = ?1 AND start_ms <= ?3 LIMIT ${MOST_SPANS})`,
    )
    .get(id, from, isCut ? lastStart(database, id) : 1e13) as Record<Column | 'ids' | 'parentIds', string>;
  const numbers = (text: string): number[] => JSON.parse(text) as number[];
  const outline = {
    id,
    from,
    isCut,
    ids: new SpanIds(ids ?? ''),
    parentIds: new SpanIds(parentIds ?? ''),
    kinds: numbers(json.kinds),
    resources: numbers(json.resources),
    starts: numbers(json.starts),
    ends: numbers(json.ends),
    json,
  };
  setOwnIds(outline);
  return { ...outline, services: servicesOf(database, outline.resources) };
}

/** As `withOwnIds`, for columns. */
function setOwnIds({ ids, parentIds, kinds }: Pick<TraceOutline, 'ids' | 'parentIds' | 'kinds'>): void {
  for (let at = 1; at < ids.size; at++) {
    if (!ids.isSame(at, ids, at - 1) || !areOneCall(kinds[at - 1]!, kinds[at]!)) continue;
    ids.set(at, otherId(ids.hex(at)));
    parentIds.set(at - 1, ids.hex(at));
  }
}

function servicesOf(database: DatabaseSync, resources: readonly number[]): TraceOutline['services'] {
  const find = database.prepare('SELECT service, instance FROM resources WHERE id = ?');
  const services: TraceOutline['services'] = new Map();
  for (const resource of resources) {
    if (services.has(resource)) continue;
    services.set(resource, find.get(resource) as { service: string; instance: string });
  }
  return services;
}

function lastStart(database: DatabaseSync, trace: number): number {
  const sql = `SELECT start_ms AS start FROM spans WHERE trace = ? ORDER BY start_ms LIMIT 1 OFFSET ${MOST_SPANS}`;
  return database.prepare(sql).get(trace)!['start'] as number;
}
