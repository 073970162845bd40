import type { LogRow, ResourceRow, SpanRow } from './rows.ts';
import type { TracePage } from './trace-pages.ts';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A page's traces as OTLP JSON: a line of spans, perhaps one of logs. */
export function otlpLines({ traces }: TracePage, resources: Map<number, ResourceRow>): string {
  const spans = new Groups<object>();
  const logs = new Groups<object>();
  for (const trace of traces) {
    for (const row of trace.spans) spans.add(row.resource, row.scope, spanOf(row, trace.traceId));
    for (const row of trace.logs) logs.add(row.resource, '', logOf(row, trace.traceId));
  }
  let lines = '';
  const resourceOf = (id: number): object => ({ attributes: pairsOf(resources.get(id)?.attributes ?? '{}') });
  if (spans.size > 0) {
    const resourceSpans = spans.map(resourceOf, (scope, spans) => ({ scope: { name: scope }, spans }), 'scopeSpans');
    lines += `${JSON.stringify({ resourceSpans })}\n`;
  }
  if (logs.size > 0) {
    const resourceLogs = logs.map(resourceOf, (_, logRecords) => ({ scope: {}, logRecords }), 'scopeLogs');
    lines += `${JSON.stringify({ resourceLogs })}\n`;
  }
  return lines;
}

class Groups<T> {
  readonly #groups = new Map<number, Map<string, T[]>>();

  get size(): number {
    return this.#groups.size;
  }

  add(resource: number, scope: string, thing: T): void {
    let scopes = this.#groups.get(resource);
    if (!scopes) this.#groups.set(resource, (scopes = new Map()));
    const things = scopes.get(scope);
    if (things) things.push(thing);
    else scopes.set(scope, [thing]);
  }

  map(resourceOf: (id: number) => object, scopeOf: (scope: string, things: T[]) => object, name: string): object[] {
    return Array.from(this.#groups, ([id, scopes]) => ({
      resource: resourceOf(id),
      [name]: Array.from(scopes, ([scope, things]) => scopeOf(scope, things)),
    }));
  }
}

function spanOf(row: SpanRow, traceId: string): object {
  return {
    traceId,
    spanId: row.span_id,
    ...(row.parent_id === '' ? {} : { parentSpanId: row.parent_id }),
    name: row.name,
    kind: row.kind,
    startTimeUnixNano: nanoseconds(row.start_ms),
    endTimeUnixNano: nanoseconds(row.end_ms),
    attributes: pairsOf(row.attributes),
    events: listOf(row.events, ({ time, name, attributes }) => ({
      timeUnixNano: nanoseconds(time as number),
      name,
      attributes: pairs(attributes),
    })),
    links: listOf(row.links, ({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes: pairs(attributes) })),
    status:
      row.status === 0 ? {} : { code: row.status, ...(row.status_message ? { message: row.status_message } : {}) },
  };
}

function logOf(row: LogRow, traceId: string): object {
  return {
    timeUnixNano: nanoseconds(row.time_ms),
    severityText: row.severity,
    body: { stringValue: row.body },
    traceId,
    spanId: row.span_id,
    attributes: pairsOf(row.attributes),
  };
}

function listOf(json: string | null, map: (each: Record<string, Json>) => object): object[] {
  return json === null ? [] : (JSON.parse(json) as Record<string, Json>[]).map(map);
}

function pairsOf(json: string): object[] {
  return pairs(JSON.parse(json) as Json);
}

function pairs(attributes: Json | undefined): object[] {
  if (typeof attributes !== 'object' || attributes === null) return [];
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: Json): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (value === null) return {};
  return Array.isArray(value)
    ? { arrayValue: { values: value.map(valueOf) } }
    : { kvlistValue: { values: pairs(value) } };
}

/** Text: the number exceeds 2^53; reading gives the same milliseconds. */
function nanoseconds(ms: number): string {
  if (!(ms >= 0)) return '0';
  const whole = Math.floor(ms);
  const part = Math.min(999_999, Math.round((ms - whole) * 1e6));
  return whole === 0 ? String(part) : `${whole}${String(part).padStart(6, '0')}`;
}
