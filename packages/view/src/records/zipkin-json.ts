import { numberOf, textOf } from '@foreshock/explain/store';
import {
  type Attributes,
  noAttributes,
  type RecordTarget,
  resourceOf,
  type SpanRecord,
  type SpanResource,
} from './record.ts';

type Anything = Record<string, unknown>;

const KINDS = new Map([
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
]);

/** Zipkin has none; exporters send them as tags. */
const OF_RESOURCE = /^(?:service\.|telemetry\.|process\.|host\.|os\.|k8s\.|container\.|deployment\.|cloud\.)/;

export function isZipkin(value: unknown): value is Anything[] {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === 'object' && first !== null && 'traceId' in first && 'id' in first;
}

/** Version 2; returns the number of spans. */
export function readZipkinRecords(spans: unknown[], target: RecordTarget): number {
  const resources = new Map<string, SpanResource>();
  let count = 0;
  for (const each of spans) {
    if (typeof each !== 'object' || each === null) continue;
    readSpan(each as Anything, resources, target);
    count++;
  }
  return count;
}

function readSpan(span: Anything, resources: Map<string, SpanResource>, target: RecordTarget): void {
  const { localEndpoint, remoteEndpoint } = span;
  const local = objectOf(localEndpoint);
  const remote = objectOf(remoteEndpoint);
  const attributes = noAttributes();
  const ofResource = noAttributes();
  for (const [key, value] of Object.entries(objectOf(span['tags']))) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    if (OF_RESOURCE.test(key)) ofResource[key] = value;
    else attributes[key] = typeof value === 'string' ? plain(value) : value;
  }
  if (local['serviceName']) ofResource['service.name'] = textOf(local['serviceName']);
  if (remote['serviceName']) attributes['peer.service'] ??= textOf(remote['serviceName']);
  const address = remote['ipv4'] ?? remote['ipv6'];
  if (address) attributes['network.peer.address'] ??= textOf(address);
  if (typeof remote['port'] === 'number') attributes['network.peer.port'] ??= remote['port'];
  const { error } = attributes;
  const start = numberOf(span['timestamp']) / 1000;
  target.span({
    resource: shared(ofResource, resources),
    scope: textOf(attributes['otel.scope.name']),
    traceId: textOf(span['traceId']),
    spanId: textOf(span['id']),
    parentSpanId: textOf(span['parentId']),
    name: textOf(span['name']),
    kind: KINDS.get(textOf(span['kind'])) ?? 1,
    start,
    end: start + numberOf(span['duration'] ?? 0) / 1000,
    status: error !== undefined && error !== false ? 2 : attributes['otel.status_code'] === 'OK' ? 1 : 0,
    statusMessage: typeof error === 'string' ? error : '',
    attributes,
    events: eventsOf(list(span['annotations'])),
    links: [],
  });
}

/** Foreshock and others write events as `name {json}`; Foreshock also the bare name. */
function eventsOf(annotations: Anything[]): SpanRecord['events'] {
  const events = annotations.map(({ timestamp, value }) => eventOf(numberOf(timestamp) / 1000, textOf(value)));
  const isDescribed = new Set(events.filter(({ described }) => described).map(({ time, name }) => `${time} ${name}`));
  return events
    .filter(({ described, time, name }) => described || !isDescribed.has(`${time} ${name}`))
    .map(({ time, name, attributes }) => ({ time, name, attributes }));
}

function eventOf(time: number, value: string): SpanRecord['events'][number] & { described: boolean } {
  const at = value.indexOf(' {');
  try {
    if (at > 0) {
      const attributes = Object.assign(noAttributes(), JSON.parse(value.slice(at + 1)));
      return { time, name: value.slice(0, at), attributes, described: true };
    }
  } catch {
    // A text that looks like it.
  }
  return { time, name: value, attributes: noAttributes(), described: false };
}

/** Exporters turn numbers and booleans into texts. */
function plain(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text !== '' && String(number) === text && Number.isFinite(number) ? number : text;
}

function shared(attributes: Attributes, known: Map<string, SpanResource>): SpanResource {
  const key = JSON.stringify(attributes);
  let resource = known.get(key);
  if (!resource) known.set(key, (resource = resourceOf(attributes)));
  return resource;
}

function objectOf(value: unknown): Anything {
  return typeof value === 'object' && value !== null ? (value as Anything) : {};
}

function list(value: unknown): Anything[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
