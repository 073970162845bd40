import { type Plain, SpanAttributes } from '../sources/attributes.ts';
import { addMark } from '../sources/marks.ts';
import type { SpanTable } from '../spans/span-table.ts';
import type { Attributes, SpanRecord } from './record.ts';

/** A batch may link to a thousand messages: the first few are enough. */
const MOST_LINKS = 8;
/** Longest text of an event that is kept. */
const LONGEST = 256;

/** Takes records into a table: of each span what an answer needs. */
export class TableOfRecords {
  readonly table: SpanTable;
  readonly #attributes: SpanAttributes;

  constructor(table: SpanTable) {
    this.table = table;
    this.#attributes = new SpanAttributes(table.strings);
  }

  /** Adds a span; its row, or -1 if its times make no sense. */
  span(record: SpanRecord): number {
    const { table } = this;
    const attributes = this.#attributes;
    attributes.clear();
    for (const key in record.attributes) {
      const value = record.attributes[key];
      if (isPlain(value)) attributes.take(key, value);
    }
    if (record.links.length > 0) {
      const linked = record.links.slice(0, MOST_LINKS).filter(({ traceId }) => traceId !== '');
      attributes.known().links = linked.map(({ traceId }) => table.traceNumber(traceId.slice(0, 64).toLowerCase()));
    }
    const row = table.add({
      traceId: record.traceId.toLowerCase(),
      spanId: record.spanId,
      parentSpanId: record.parentSpanId,
      service: record.resource.service,
      instance: record.resource.instance,
      version: String(record.resource.attributes['service.version'] ?? ''),
      name: record.name,
      kind: record.kind,
      start: record.start,
      end: record.end,
      failed: record.status === 2 || attributes.isFailed,
      errorType: attributes.errorType,
      target: attributes.target,
      facts: attributes.facts,
    });
    if (row < 0) return row;
    for (const { name, time, attributes } of record.events)
      addMark(table, { row, name, at: time, values: plainOf(attributes) });
    return row;
  }
}

function plainOf(attributes: Attributes): Record<string, Plain> {
  const values: Record<string, Plain> = {};
  for (const [key, value] of Object.entries(attributes))
    if (isPlain(value)) values[key] = typeof value === 'string' ? value.slice(0, LONGEST) : value;
  return values;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
