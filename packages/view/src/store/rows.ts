import type { LogRecord, SpanRecord } from '../records/record.ts';
import { attributesJson, eventsJson, linksJson, shortText } from './bounded-json.ts';
import { spanIdOf, traceIdOf } from './identifiers.ts';
import { summaryJson } from './span-summary.ts';

/** The year 2286, the latest valid time. */
const FARTHEST = 1e13;
const LONGEST_NAME = 1_024;
const ROW_BYTES = 160;

/** Undefined for invalid ids or times. */
export interface PreparedSpan {
  record: SpanRecord;
  traceId: string;
  spanId: string;
  parentId: string;
  summary: string | null;
  attributes: string;
  events: string | null;
  links: string | null;
  bytes: number;
}

export function prepareSpan(record: SpanRecord): PreparedSpan | undefined {
  const traceId = traceIdOf(record.traceId);
  const spanId = spanIdOf(record.spanId);
  if (traceId === undefined || spanId === undefined || !isTime(record.start) || !(record.end < FARTHEST))
    return undefined;
  // Ending before its start: no duration.
  if (record.end < record.start) record.end = record.start;
  record.name = shortText(record.name, LONGEST_NAME);
  record.scope = shortText(record.scope, LONGEST_NAME);
  record.statusMessage = shortText(record.statusMessage);
  const parentId = spanIdOf(record.parentSpanId) ?? '';
  record.parentSpanId = parentId;
  const summary = summaryJson(record);
  const attributes = attributesJson(record.attributes);
  const events = eventsJson(record.events);
  const links = linksJson(record.links);
  const texts = attributes.length + record.name.length + record.scope.length + record.statusMessage.length;
  const bytes = ROW_BYTES + texts + (summary?.length ?? 0) + (events?.length ?? 0) + (links?.length ?? 0);
  return { record, traceId, spanId, parentId, summary, attributes, events, links, bytes };
}

/** Without a trace it is dropped: no page shows it. */
export interface PreparedLog {
  record: LogRecord;
  traceId: string;
  spanId: string;
  attributes: string;
  bytes: number;
}

export function prepareLog(record: LogRecord): PreparedLog | undefined {
  const traceId = traceIdOf(record.traceId);
  if (traceId === undefined || !isTime(record.time)) return undefined;
  record.body = shortText(record.body);
  record.severity = shortText(record.severity, LONGEST_NAME);
  const attributes = attributesJson(record.attributes);
  const bytes = ROW_BYTES + attributes.length + record.body.length;
  return { record, traceId, spanId: spanIdOf(record.spanId) ?? '', attributes, bytes };
}

function isTime(ms: number): boolean {
  return ms >= 0 && ms < FARTHEST;
}
