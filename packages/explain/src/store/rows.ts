import type { DatabaseSync } from 'node:sqlite';

/** Attributes: a JSON object; events and links: lists or null. */
export interface SpanRow {
  trace: number;
  span_id: string;
  kind: number;
  parent_id: string;
  resource: number;
  scope: string;
  name: string;
  start_ms: number;
  end_ms: number;
  status: number;
  status_message: string;
  /** What a waterfall draws beside the bar: JSON or null. */
  summary: string | null;
  attributes: string;
  events: string | null;
  links: string | null;
}

export interface LogRow {
  trace: number;
  time_ms: number;
  span_id: string;
  severity: string;
  body: string;
  resource: number;
  attributes: string;
}

export interface ResourceRow {
  id: number;
  service: string;
  instance: string;
  attributes: string;
}

const [SERVER, CLIENT] = [2, 3];

export function resourceRows(database: DatabaseSync): ResourceRow[] {
  return database.prepare('SELECT * FROM resources').all() as unknown as ResourceRow[];
}

export function rowsOfTrace(database: DatabaseSync, trace: number): SpanRow[] {
  return withOwnIds(database.prepare('SELECT * FROM spans WHERE trace = ?').all(trace) as unknown as SpanRow[]);
}

/** A large trace's next rows by id; `last` is undefined at its end. Equal ids come together. */
export function someRowsOfTrace(database: DatabaseSync, trace: number, after: string, most: number) {
  const rows = database
    .prepare('SELECT * FROM spans WHERE trace = ? AND span_id > ? ORDER BY span_id, kind LIMIT ?')
    .all(trace, after, most) as unknown as SpanRow[];
  let last: string | undefined;
  if (rows.length === most) {
    const cut = rows.at(-1)!.span_id;
    while (rows.at(-1)!.span_id === cut) rows.pop();
    last = rows.at(-1)!.span_id;
  }
  return { rows: withOwnIds(rows), last };
}

/** Several if spans of different kinds share the id. */
export function rowsOfSpan(database: DatabaseSync, trace: number, spanId: string): SpanRow[] {
  const rows = database
    .prepare('SELECT * FROM spans WHERE trace = ? AND span_id IN (?, ?) ORDER BY span_id, kind')
    .all(trace, spanId, otherId(spanId)) as unknown as SpanRow[];
  return withOwnIds(rows).filter((row) => row.span_id === spanId);
}

/** Zipkin's spans may share an id; the client's changes. Sorted, the two are neighbours. */
function withOwnIds(rows: SpanRow[]): SpanRow[] {
  for (let at = 1; at < rows.length; at++) {
    const [server, client] = [rows[at - 1]!, rows[at]!];
    if (server.span_id !== client.span_id || !areOneCall(server.kind, client.kind)) continue;
    client.span_id = otherId(client.span_id);
    server.parent_id = client.span_id;
  }
  return rows;
}

/** Of two with one id, by kind. */
export function areOneCall(first: number, second: number): boolean {
  return first === SERVER && second === CLIENT;
}

/** The client's new id; of that, the old. */
export function otherId(id: string): string {
  return (Number.parseInt(id[0]!, 16) ^ 8).toString(16) + id.slice(1);
}
