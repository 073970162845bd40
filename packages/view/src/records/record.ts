import { textOf } from '@foreshock/explain/store';

/** Beyond 2^53, and bytes: texts. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };

/** No prototype: a name may be `__proto__`. */
export type Attributes = Record<string, AttributeValue>;

export interface SpanResource {
  service: string;
  /** A service's process; may be empty. */
  instance: string;
  attributes: Attributes;
}

/** Unix milliseconds; ids unchanged. */
export interface SpanRecord {
  resource: SpanResource;
  scope: string;
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  name: string;
  /** OTLP's number. */
  kind: number;
  start: number;
  end: number;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
  statusMessage: string;
  attributes: Attributes;
  events: { time: number; name: string; attributes: Attributes }[];
  links: { traceId: string; spanId: string; attributes: Attributes }[];
}

export interface LogRecord {
  resource: SpanResource;
  traceId: string;
  spanId: string;
  time: number;
  severity: string;
  body: string;
  attributes: Attributes;
}

export interface RecordTarget {
  span(record: SpanRecord): void;
  log?(record: LogRecord): void;
}

/** Usual layout without `Object.prototype`: V8 serializes `Object.create(null)` slowly. */
const NoPrototype = function () {} as unknown as { new (): Attributes; prototype: object };
NoPrototype.prototype = Object.create(null) as object;

export function noAttributes(): Attributes {
  return new NoPrototype();
}

export function resourceOf(attributes: Attributes): SpanResource {
  const text = (name: string): string => textOf(attributes[name]);
  const host = text('k8s.pod.name') || text('host.name');
  return {
    service: text('service.name') || 'unknown_service',
    instance: text('service.instance.id') || `${host} ${text('process.pid')}`.trim(),
    attributes,
  };
}
