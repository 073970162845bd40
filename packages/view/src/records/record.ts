/** An attribute's value, as JSON has it. Whole numbers beyond 2^53 and bytes are texts. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };

/** Attributes by name, on an object without a prototype: a name may be `__proto__`. */
export type Attributes = Record<string, AttributeValue>;

/** What made spans: a process, mostly. */
export interface SpanResource {
  service: string;
  /** Tells processes of one service apart; may be empty. */
  instance: string;
  attributes: Attributes;
}

/** One span with all that its source says. Times are milliseconds since 1970; ids are as the source has them. */
export interface SpanRecord {
  resource: SpanResource;
  /** Name of the instrumentation. */
  scope: string;
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  name: string;
  /** By OTLP's numbers. */
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

/** One line of a log. */
export interface LogRecord {
  resource: SpanResource;
  traceId: string;
  spanId: string;
  time: number;
  severity: string;
  body: string;
  attributes: Attributes;
}

/** What takes the records of a source, one at a time. */
export interface RecordTarget {
  span(record: SpanRecord): void;
  log?(record: LogRecord): void;
}

/** Objects without `Object.prototype` that V8 lays out like others: those of `Object.create(null)` are slow to write as JSON. */
const NoPrototype = function () {} as unknown as { new (): Attributes; prototype: object };
NoPrototype.prototype = Object.create(null) as object;

/** An object that any text can be a key of. */
export function noAttributes(): Attributes {
  return new NoPrototype();
}

/** What made spans, by its attributes. */
export function resourceOf(attributes: Attributes): SpanResource {
  const text = (name: string): string => (attributes[name] === undefined ? '' : String(attributes[name]));
  const host = text('k8s.pod.name') || text('host.name');
  return {
    service: text('service.name') || 'unknown_service',
    instance: text('service.instance.id') || `${host} ${text('process.pid')}`.trim(),
    attributes,
  };
}
