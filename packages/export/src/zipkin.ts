import { isIP } from 'node:net';
import { CONFIG_FINGERPRINT } from '@foreshock/kit/names';
import { plainObject, plainText } from './decode/plain-value.ts';
import type { JsonEvent, JsonLink, JsonResource, JsonScope, JsonSpan } from './decode/otlp-json.ts';
import { eachSpan, type RecordBatch } from './otlp-request.ts';

interface Endpoint {
  serviceName?: string;
  ipv4?: string;
  ipv6?: string;
  port?: number;
}

export interface ZipkinSpan {
  traceId: string;
  id: string;
  parentId?: string;
  name: string;
  kind?: string;
  timestamp: number;
  duration: number;
  localEndpoint: Endpoint;
  remoteEndpoint?: Endpoint;
  annotations?: { timestamp: number; value: string }[];
  tags: Record<string, string>;
}

/** By OTLP's kind; Zipkin has no INTERNAL. */
const KINDS = [undefined, undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** Of databases and brokers, best first. One name is one node in Zipkin's graph. */
const SYSTEMS = ['db.system.name', 'db.system', 'messaging.system'];

/** The body of `POST /api/v2/spans`. */
export function toZipkin(batches: readonly RecordBatch[]): Buffer {
  const spans: ZipkinSpan[] = [];
  eachSpan(batches, (span, scope, resource) => spans.push(zipkinSpan(span, scope, resource)));
  return Buffer.from(JSON.stringify(spans), 'utf8');
}

export function zipkinSpan(span: JsonSpan, scope: JsonScope, resource: JsonResource): ZipkinSpan {
  const attributes = new Map(span.attributes.map(({ key, value }) => [key, value]));
  const textOf = (key: string): string | undefined => {
    const value = attributes.get(key);
    return value === undefined ? undefined : plainText(value);
  };
  const start = microseconds(span.startTimeUnixNano);
  const kind = KINDS[span.kind];
  const remote = kind && kind !== 'SERVER' ? remoteEndpoint(textOf) : undefined;
  const annotations = span.events.flatMap(annotationsOf);

  const tags: Record<string, string> = Object.create(null);
  // Others would repeat on each span.
  for (const { key, value } of resource.attributes) {
    if ((key.startsWith('service.') && key !== 'service.name') || key === CONFIG_FINGERPRINT)
      tags[key] = plainText(value);
  }
  for (const { key, value } of span.attributes) {
    // Any `error` tag marks a failure; only the status may.
    if (key !== 'error') tags[key] = plainText(value);
  }
  if (span.status.code === STATUS_OK) tags['otel.status_code'] = 'OK';
  if (span.status.code === STATUS_ERROR) {
    tags['otel.status_code'] = 'ERROR';
    tags['error'] = span.status.message || textOf('error.type') || 'true';
  }
  if (scope.name) tags['otel.scope.name'] = scope.name;
  if (scope.version) tags['otel.scope.version'] = scope.version;
  if (span.links.length > 0) tags['otel.links'] = span.links.map(linkText).join(', ');
  if (span.droppedAttributesCount) tags['otel.dropped_attributes_count'] = String(span.droppedAttributesCount);
  if (span.droppedEventsCount) tags['otel.dropped_events_count'] = String(span.droppedEventsCount);
  if (span.droppedLinksCount) tags['otel.dropped_links_count'] = String(span.droppedLinksCount);

  return {
    traceId: span.traceId,
    id: span.spanId,
    ...(span.parentSpanId && { parentId: span.parentSpanId }),
    name: span.name,
    ...(kind && { kind }),
    timestamp: start,
    duration: Math.max(1, microseconds(span.endTimeUnixNano) - start),
    localEndpoint: { serviceName: serviceName(resource) },
    ...(remote && { remoteEndpoint: remote }),
    ...(annotations.length > 0 && { annotations }),
    tags,
  };
}

function microseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n);
}

function serviceName(resource: JsonResource): string {
  const pair = resource.attributes.find(({ key }) => key === 'service.name');
  return (pair && plainText(pair.value)) || 'unknown_service';
}

function remoteEndpoint(textOf: (key: string) => string | undefined): Endpoint | undefined {
  const endpoint: Endpoint = {};
  const name = remoteName(textOf);
  if (name) endpoint.serviceName = name;
  const address = textOf('network.peer.address') ?? textOf('server.address') ?? '';
  const family = isIP(address);
  if (family === 4) endpoint.ipv4 = address;
  if (family === 6) endpoint.ipv6 = address;
  const port = Number(textOf(family ? 'network.peer.port' : 'server.port') ?? textOf('server.port'));
  if (Number.isInteger(port) && port > 0 && port < 65_536) endpoint.port = port;
  return endpoint.serviceName || family ? endpoint : undefined;
}

/** Digits or this machine's address say less than what is there. */
function remoteName(textOf: (key: string) => string | undefined): string | undefined {
  const address = textOf('server.address');
  const host = address && address !== 'localhost' && isIP(address) === 0 ? address : undefined;
  const system = SYSTEMS.map(textOf).find(Boolean);
  const peer = textOf('peer.service');
  // Ours names the system only, or where the host is.
  const isNamed = peer && ![system, address, `${address}:${textOf('server.port')}`].includes(peer);
  return (isNamed && peer) || host || system || address;
}

/** Zipkin searches whole annotation values: the name is a separate one. */
function annotationsOf({ timeUnixNano, name, attributes }: JsonEvent): { timestamp: number; value: string }[] {
  const timestamp = microseconds(timeUnixNano);
  if (attributes.length === 0) return [{ timestamp, value: name }];
  return [
    { timestamp, value: name },
    { timestamp, value: `${name} ${JSON.stringify(plainObject(attributes))}` },
  ];
}

function linkText(link: JsonLink): string {
  const to = `${link.traceId}-${link.spanId}`;
  return link.attributes.length === 0 ? to : `${to} ${JSON.stringify(plainObject(link.attributes))}`;
}
