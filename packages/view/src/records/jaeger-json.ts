import { numberOf, textOf } from '@foreshock/explain/store';
import { type Attributes, noAttributes, type RecordTarget, resourceOf, type SpanResource } from './record.ts';

type Anything = Record<string, unknown>;

const KINDS = new Map([
  ['internal', 1],
  ['server', 2],
  ['client', 3],
  ['producer', 4],
  ['consumer', 5],
]);

/** Before version 3; its UI saves it. */
export function isJaeger(value: unknown): value is { data: unknown[] } {
  return typeof value === 'object' && value !== null && Array.isArray((value as { data?: unknown }).data);
}

/** Returns the number of spans. */
export function readJaegerRecords({ data }: { data: unknown[] }, target: RecordTarget): number {
  let count = 0;
  for (const trace of list(data)) {
    const resources = new Map<string, SpanResource>();
    for (const [id, process] of Object.entries(objectOf(trace['processes']))) {
      const { serviceName, tags } = objectOf(process);
      resources.set(id, resourceOf({ ...tagsOf(tags), 'service.name': textOf(serviceName) }));
    }
    for (const span of list(trace['spans'])) {
      readSpan(span, resources.get(textOf(span['processID'])) ?? resourceOf(noAttributes()), target);
      count++;
    }
  }
  return count;
}

function readSpan(span: Anything, resource: SpanResource, target: RecordTarget): void {
  const attributes = tagsOf(span['tags']);
  const { 'span.kind': kind, error, 'otel.status_code': code, 'otel.status_description': description } = attributes;
  const traceId = textOf(span['traceID']);
  const references = list(span['references']);
  const parent = references.find((reference) => reference['traceID'] === span['traceID']);
  const start = numberOf(span['startTime']) / 1000;
  target.span({
    resource,
    scope: textOf(attributes['otel.scope.name']),
    traceId,
    spanId: textOf(span['spanID']),
    parentSpanId: textOf(parent?.['spanID']),
    name: textOf(span['operationName']),
    kind: KINDS.get(textOf(kind)) ?? 1,
    start,
    end: start + numberOf(span['duration'] ?? 0) / 1000,
    status: code === 'ERROR' || error === true || error === 'true' ? 2 : code === 'OK' ? 1 : 0,
    statusMessage: typeof description === 'string' ? description : '',
    attributes,
    events: list(span['logs']).map((log) => {
      const fields = tagsOf(log['fields']);
      return { time: numberOf(log['timestamp']) / 1000, name: textOf(fields['event']), attributes: fields };
    }),
    links: references
      .filter((reference) => reference !== parent)
      .map((reference) => ({
        traceId: textOf(reference['traceID']),
        spanId: textOf(reference['spanID']),
        attributes: noAttributes(),
      })),
  });
}

function tagsOf(value: unknown): Attributes {
  const attributes = noAttributes();
  for (const { key, value: tag } of list(value))
    if (typeof key === 'string' && (typeof tag === 'string' || typeof tag === 'number' || typeof tag === 'boolean'))
      attributes[key] = tag;
  return attributes;
}

function objectOf(value: unknown): Anything {
  return typeof value === 'object' && value !== null ? (value as Anything) : {};
}

function list(value: unknown): Anything[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
