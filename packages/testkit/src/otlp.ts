import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';
import type { MetricPoint, ReceivedMetric, ReceivedSpan } from './received-span.ts';

export interface Payload {
  spans: ReceivedSpan[];
  metrics: ReceivedMetric[];
  /** With official field names. */
  logs: unknown[];
}

/** Plain or gzipped. */
export type Encoding = 'protobuf' | 'json';

const SIGNALS: Record<string, string> = {
  '/v1/traces': 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
  '/v1/metrics': 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
  '/v1/logs': 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest',
};

const SERVICES = ['trace/v1/trace', 'metrics/v1/metrics', 'logs/v1/logs'];

export const PROTO_FOLDER: string = fileURLToPath(new URL('../proto/', import.meta.url));

let loaded: protobuf.Root | undefined;

/** Read once. */
export function otlpDefinitions(): protobuf.Root {
  if (loaded) return loaded;
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => PROTO_FOLDER + target;
  root.loadSync(SERVICES.map((service) => `opentelemetry/proto/collector/${service}_service.proto`));
  root.resolveAll();
  return (loaded = root);
}

export function isOtlpPath(path: string): boolean {
  return Object.hasOwn(SIGNALS, path);
}

/**
 * An unknown field can only be the sender's mistake.
 *
 * @throws if the body cannot be decoded, an id is malformed or a field is unknown
 */
export function decodeRequest(path: string, body: Buffer, encoding: Encoding): Payload {
  const type = otlpDefinitions().lookupType(SIGNALS[path]!);
  const message = encoding === 'json' ? fromJson(type, body) : fromProtobuf(type, body);
  const request = type.toObject(message, {
    longs: String,
    enums: String,
    bytes: Buffer,
    defaults: true,
    oneofs: true,
  });
  return {
    spans: (request['resourceSpans'] ?? []).flatMap(spansOf),
    metrics: (request['resourceMetrics'] ?? []).flatMap(metricsOf),
    logs: (request['resourceLogs'] ?? []).flatMap(logsOf),
  };
}

function fromProtobuf(type: protobuf.Type, body: Buffer): protobuf.Message {
  const reader = protobuf.Reader.create(body);
  reader.discardUnknown = false;
  const message = type.decode(reader);
  refuseUnknown(message, type.name);
  return message;
}

export function protobufOf(path: string, json: Buffer): Buffer {
  const type = otlpDefinitions().lookupType(SIGNALS[path]!);
  return Buffer.from(type.encode(fromJson(type, json)).finish());
}

/** ProtoJSON with hex ids, not base64, and numeric enums. */
function fromJson(type: protobuf.Type, body: Buffer): protobuf.Message {
  const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), (key, field) => {
    if (key === 'traceId' || key === 'spanId' || key === 'parentSpanId') {
      if (typeof field !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(field))
        throw new Error(`${key} is not hex: ${String(field)}`);
      return Buffer.from(field, 'hex').toString('base64');
    }
    if (ENUM_FIELDS.has(key) && typeof field === 'string' && /^[A-Z]+_[A-Z_]+$/.test(field)) {
      throw new Error(`${key} is a name, OTLP/JSON has numbers only: ${field}`);
    }
    return field;
  });
  return protojson.fromJson(type, value);
}

const ENUM_FIELDS = new Set(['kind', 'code', 'aggregationTemporality', 'severityNumber']);

/** protobufjs keeps them in `$unknowns`. */
function refuseUnknown(value: unknown, path: string): void {
  if (Array.isArray(value)) return value.forEach((item, i) => refuseUnknown(item, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  const unknown = (value as { $unknowns?: unknown[] }).$unknowns;
  if (unknown?.length) throw new Error(`${path} has ${unknown.length} field(s) the official definitions do not know`);
  for (const [key, field] of Object.entries(value)) refuseUnknown(field, `${path}.${key}`);
}

function spansOf(group: any): ReceivedSpan[] {
  const resource = attributesOf(group.resource?.attributes);
  return group.scopeSpans.flatMap((scoped: any) =>
    scoped.spans.map((span: any): ReceivedSpan => {
      const startTime = milliseconds(span.startTimeUnixNano);
      return {
        traceId: idOf(span.traceId, 16, `${span.name}: traceId`),
        spanId: idOf(span.spanId, 8, `${span.name}: spanId`),
        parentSpanId: span.parentSpanId.length === 0 ? '' : idOf(span.parentSpanId, 8, `${span.name}: parentSpanId`),
        name: span.name,
        kind: kindOf(span.kind, span.name),
        startTime,
        endTime: milliseconds(span.endTimeUnixNano),
        durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
        attributes: attributesOf(span.attributes),
        events: span.events.map((event: any) => ({
          name: event.name,
          time: milliseconds(event.timeUnixNano),
          attributes: attributesOf(event.attributes),
        })),
        links: span.links.map((link: any) => ({
          traceId: idOf(link.traceId, 16, `${span.name}: link traceId`),
          spanId: idOf(link.spanId, 8, `${span.name}: link spanId`),
          attributes: attributesOf(link.attributes),
        })),
        status: statusOf(span.status),
        flags: span.flags,
        traceState: span.traceState,
        resource,
        scope: scoped.scope?.name ?? '',
        dropped: {
          attributes: span.droppedAttributesCount,
          events: span.droppedEventsCount,
          links: span.droppedLinksCount,
        },
      };
    }),
  );
}

function metricsOf(group: any): ReceivedMetric[] {
  const resource = attributesOf(group.resource?.attributes);
  return group.scopeMetrics.flatMap((scoped: any) =>
    scoped.metrics.map((metric: any): ReceivedMetric => ({
      name: metric.name,
      description: metric.description,
      unit: metric.unit,
      type: metric.data,
      points: (metric[metric.data]?.dataPoints ?? []).map(pointOf),
      resource,
      scope: scoped.scope?.name ?? '',
    })),
  );
}

function pointOf(point: any): MetricPoint {
  const attributes = attributesOf(point.attributes);
  if (point.count === undefined) {
    return { attributes, value: Number(point.value === 'asInt' ? point.asInt : point.asDouble) };
  }
  return {
    attributes,
    count: Number(point.count),
    ...('sum' in point && { sum: point.sum }),
    ...('min' in point && { min: point.min }),
    ...('max' in point && { max: point.max }),
    bounds: point.explicitBounds ?? [],
    buckets: (point.bucketCounts ?? []).map(Number),
  };
}

function logsOf(group: any): unknown[] {
  const resource = attributesOf(group.resource?.attributes);
  return group.scopeLogs.flatMap((scoped: any) =>
    scoped.logRecords.map((record: any) => ({
      ...record,
      traceId: record.traceId.toString('hex'),
      spanId: record.spanId.toString('hex'),
      body: record.body && valueOf(record.body),
      attributes: attributesOf(record.attributes),
      resource,
      scope: scoped.scope?.name ?? '',
    })),
  );
}

/** "An ID with all zeroes or of length other than … is considered invalid": trace.proto. */
function idOf(bytes: Uint8Array, length: number, what: string): string {
  if (bytes.length !== length || bytes.every((byte) => byte === 0)) {
    throw new Error(`${what} is not a valid id: '${Buffer.from(bytes).toString('hex')}'`);
  }
  return Buffer.from(bytes).toString('hex');
}

function kindOf(name: unknown, span: string): ReceivedSpan['kind'] {
  if (typeof name !== 'string' || name === 'SPAN_KIND_UNSPECIFIED')
    throw new Error(`${span}: span kind is ${String(name)}`);
  return name.slice('SPAN_KIND_'.length) as ReceivedSpan['kind'];
}

function statusOf(status: any): ReceivedSpan['status'] {
  const code = (status?.code ?? 'STATUS_CODE_UNSET').slice('STATUS_CODE_'.length);
  return status?.message ? { code, message: status.message } : { code };
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000n) / 1_000;
}

function attributesOf(list: any[] | undefined): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const { key, value } of list ?? []) {
    if (Object.hasOwn(attributes, key)) throw new Error(`attribute ${key} is there twice`);
    attributes[key] = valueOf(value);
  }
  return attributes;
}

function valueOf(any: any): unknown {
  switch (any?.value) {
    case 'intValue': {
      const exact = BigInt(any.intValue);
      const number = Number(exact);
      return Number.isSafeInteger(number) ? number : exact;
    }
    case 'arrayValue':
      return any.arrayValue.values.map(valueOf);
    case 'kvlistValue':
      return attributesOf(any.kvlistValue.values);
    case undefined:
      return null;
    default:
      return any[any.value];
  }
}
