import { milliseconds, numberOf } from '@foreshock/explain/store';
import {
  type Attributes,
  type AttributeValue,
  noAttributes,
  type RecordTarget,
  resourceOf,
  type SpanRecord,
  type SpanResource,
} from './record.ts';

/** Optional, as senders are untrusted. */
type Anything = Record<string, unknown>;

/** Returns the number of records. */
export function readOtlpRecords(request: unknown, target: RecordTarget): number {
  let count = 0;
  for (const group of objects((request as Anything)?.['resourceSpans'])) {
    const resource = readResource(group['resource']);
    for (const scope of objects(group['scopeSpans'] ?? group['instrumentationLibrarySpans'])) {
      const name = textOf(objectOf(scope['scope'])['name']);
      for (const span of objects(scope['spans'])) {
        target.span(readSpan(span, resource, name));
        count++;
      }
    }
  }
  for (const group of objects((request as Anything)?.['resourceLogs'])) {
    const resource = readResource(group['resource']);
    for (const scope of objects(group['scopeLogs'])) {
      for (const log of objects(scope['logRecords'])) {
        readLog(log, resource, target);
        count++;
      }
    }
  }
  return count;
}

function readResource(value: unknown): SpanResource {
  return resourceOf(attributesOf(objectOf(value)['attributes']));
}

function readSpan(span: Anything, resource: SpanResource, scope: string): SpanRecord {
  const status = objectOf(span['status']);
  return {
    resource,
    scope,
    traceId: textOf(span['traceId']),
    spanId: textOf(span['spanId']),
    parentSpanId: textOf(span['parentSpanId']),
    name: textOf(span['name']),
    kind: numberIn(span['kind'], KINDS),
    start: timeOf(span['startTimeUnixNano']),
    end: timeOf(span['endTimeUnixNano']),
    status: numberIn(status['code'], STATUSES),
    statusMessage: textOf(status['message']),
    attributes: attributesOf(span['attributes']),
    events: objects(span['events']).map((event) => ({
      time: timeOf(event['timeUnixNano']),
      name: textOf(event['name']),
      attributes: attributesOf(event['attributes']),
    })),
    links: objects(span['links']).map((link) => ({
      traceId: textOf(link['traceId']),
      spanId: textOf(link['spanId']),
      attributes: attributesOf(link['attributes']),
    })),
  };
}

function readLog(log: Anything, resource: SpanResource, target: RecordTarget): void {
  const body = valueOf(log['body']);
  target.log?.({
    resource,
    traceId: textOf(log['traceId']),
    spanId: textOf(log['spanId']),
    time: timeOf(log['timeUnixNano']) || timeOf(log['observedTimeUnixNano']),
    severity: textOf(log['severityText']) || severityOf(numberOf(log['severityNumber'])),
    body: typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body),
    attributes: attributesOf(log['attributes']),
  });
}

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** OTLP has four numbers per name. */
export function severityOf(number: number): string {
  return SEVERITIES[Math.floor((number - 1) / 4)] ?? '';
}

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];
const STATUSES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

function numberIn(value: unknown, names: string[]): number {
  const number = typeof value === 'string' ? names.indexOf(value) : value;
  return typeof number === 'number' && number > 0 && number < names.length ? number : 0;
}

function attributesOf(value: unknown): Attributes {
  const attributes = noAttributes();
  for (const pair of objects(value)) {
    const read = valueOf(pair['value']);
    if (read !== undefined && typeof pair['key'] === 'string') attributes[pair['key']] = read;
  }
  return attributes;
}

const DEEPEST = 8;

function valueOf(value: unknown, depth = 0): AttributeValue | undefined {
  const any = objectOf(value);
  if (typeof any['stringValue'] === 'string') return any['stringValue'];
  if (any['intValue'] !== undefined) return wholeNumber(any['intValue']);
  if (any['doubleValue'] !== undefined) return numberOf(any['doubleValue']);
  if (typeof any['boolValue'] === 'boolean') return any['boolValue'];
  if (typeof any['bytesValue'] === 'string') return any['bytesValue'];
  if (depth === DEEPEST) return undefined;
  if (any['arrayValue'] !== undefined)
    return objects(objectOf(any['arrayValue'])['values']).map((each) => valueOf(each, depth + 1) ?? null);
  if (any['kvlistValue'] !== undefined) {
    const list = noAttributes();
    for (const pair of objects(objectOf(any['kvlistValue'])['values']))
      list[textOf(pair['key'])] = valueOf(pair['value'], depth + 1) ?? null;
    return list;
  }
  return undefined;
}

function wholeNumber(value: unknown): AttributeValue {
  const number = typeof value === 'string' ? Number(value) : value;
  return Number.isSafeInteger(number)
    ? (number as number)
    : typeof value === 'number'
      ? `${value}`
      : textOf(value).slice(0, 24);
}

function timeOf(value: unknown): number {
  return milliseconds(value as string | number | undefined);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function objectOf(value: unknown): Anything {
  return typeof value === 'object' && value !== null ? (value as Anything) : {};
}

function objects(value: unknown): Anything[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
