import type { DatabaseSync } from 'node:sqlite';
import type { Attributes, SpanRecord, SpanResource } from '@foreshock/explain/records';

/** A row of `spans`. */
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
  attributes: string;
  events: string | null;
  links: string | null;
}

/** A row of `resources`. */
export interface ResourceRow {
  id: number;
  service: string;
  instance: string;
  attributes: string;
}

export function resourceRows(database: DatabaseSync): ResourceRow[] {
  return database.prepare('SELECT id, service, instance, attributes FROM resources').all() as unknown as ResourceRow[];
}

/** Makes records of rows again. */
export class RecordsOfRows {
  readonly #resources = new Map<number, SpanResource>();

  constructor(resources: ResourceRow[]) {
    for (const { id, service, instance, attributes } of resources)
      this.#resources.set(id, { service, instance, attributes: JSON.parse(attributes) as Attributes });
  }

  record(row: SpanRow, traceId: string): SpanRecord {
    return {
      resource: this.#resources.get(row.resource) ?? NO_RESOURCE,
      scope: row.scope,
      traceId,
      spanId: row.span_id,
      parentSpanId: row.parent_id,
      name: row.name,
      kind: row.kind,
      start: row.start_ms,
      end: row.end_ms,
      status: row.status,
      statusMessage: row.status_message,
      attributes: JSON.parse(row.attributes) as Attributes,
      events: row.events === null ? [] : (JSON.parse(row.events) as SpanRecord['events']),
      links: row.links === null ? [] : (JSON.parse(row.links) as SpanRecord['links']),
    };
  }
}

const NO_RESOURCE: SpanResource = { service: 'unknown_service', instance: '', attributes: {} };
