import { ProtobufReader } from '@foreshock/explain/store';
import {
  type Attributes,
  type AttributeValue,
  type LogRecord,
  noAttributes,
  type RecordTarget,
  resourceOf,
  type SpanRecord,
  type SpanResource,
} from './record.ts';
import { severityOf } from './otlp-json.ts';

type Fields = Record<number, () => void>;

/** Skips unread fields. */
function message(reader: ProtobufReader, fields: Fields): void {
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const read = fields[field];
    if (read) read();
    else reader.skip();
  }
  reader.leave(outer);
}

export function readTraces(bytes: Buffer, target: RecordTarget): void {
  readRequest(bytes, (reader, resource, scope) => target.span(readSpan(reader, resource, scope)));
}

export function readLogs(bytes: Buffer, target: RecordTarget): void {
  readRequest(bytes, (reader, resource) => {
    const log = readLog(reader, resource);
    target.log?.(log);
  });
}

/** Both nest resources, scopes, and spans or logs. */
function readRequest(
  bytes: Buffer,
  read: (reader: ProtobufReader, resource: SpanResource, scope: string) => void,
): void {
  const reader = new ProtobufReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) readResource(reader, read);
    else reader.skip();
  }
}

function readResource(reader: ProtobufReader, read: Parameters<typeof readRequest>[1]): void {
  const attributes = noAttributes();
  const scopes: { at: number; end: number }[] = [];
  message(reader, {
    1: () => message(reader, { 1: () => readPair(reader, attributes) }),
    // It may follow its spans.
    2: () => {
      const outer = reader.enter();
      scopes.push({ at: reader.at, end: reader.end });
      reader.leave(outer);
    },
  });
  const resource = resourceOf(attributes);
  for (const { at, end } of scopes) {
    const scope = new ProtobufReader(reader.bytes, at, end);
    let name = '';
    for (let field = scope.next(); field !== 0; field = scope.next()) {
      if (field === 1) message(scope, { 1: () => (name = scope.text()) });
      else if (field === 2) read(scope, resource, name);
      else scope.skip();
    }
  }
}

function readSpan(reader: ProtobufReader, resource: SpanResource, scope: string): SpanRecord {
  const span: SpanRecord = {
    resource,
    scope,
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    start: Number.NaN,
    end: Number.NaN,
    status: 0,
    statusMessage: '',
    attributes: noAttributes(),
    events: [],
    links: [],
  };
  // Inlined: the receiver's most time.
  const outer = reader.enter();
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 9) readPair(reader, span.attributes);
    else if (field === 1) span.traceId = reader.hex();
    else if (field === 2) span.spanId = reader.hex();
    else if (field === 4) span.parentSpanId = reader.hex();
    else if (field === 5) span.name = reader.text();
    else if (field === 6) span.kind = reader.varint();
    else if (field === 7) span.start = reader.milliseconds();
    else if (field === 8) span.end = reader.milliseconds();
    else if (field === 11) readEvent(reader, span);
    else if (field === 13) readLink(reader, span);
    else if (field === 15) readStatus(reader, span);
    else reader.skip();
  }
  reader.leave(outer);
  if (span.kind > 5) span.kind = 0;
  return span;
}

function readEvent(reader: ProtobufReader, { events }: SpanRecord): void {
  const event = { time: 0, name: '', attributes: noAttributes() };
  message(reader, {
    1: () => (event.time = reader.milliseconds()),
    2: () => (event.name = reader.text()),
    3: () => readPair(reader, event.attributes),
  });
  events.push(event);
}

function readLink(reader: ProtobufReader, { links }: SpanRecord): void {
  const link = { traceId: '', spanId: '', attributes: noAttributes() };
  message(reader, {
    1: () => (link.traceId = reader.hex()),
    2: () => (link.spanId = reader.hex()),
    4: () => readPair(reader, link.attributes),
  });
  links.push(link);
}

function readStatus(reader: ProtobufReader, span: SpanRecord): void {
  message(reader, {
    2: () => (span.statusMessage = reader.text()),
    3: () => (span.status = Math.min(2, reader.varint())),
  });
}

function readLog(reader: ProtobufReader, resource: SpanResource): LogRecord {
  const log = { resource, traceId: '', spanId: '', time: 0, severity: '', body: '', attributes: noAttributes() };
  let [observed, number] = [0, 0];
  message(reader, {
    1: () => (log.time = reader.milliseconds()),
    11: () => (observed = reader.milliseconds()),
    2: () => (number = reader.varint()),
    3: () => (log.severity = reader.text()),
    5: () => {
      const body = readValue(reader, 0);
      log.body = typeof body === 'string' ? body : JSON.stringify(body);
    },
    6: () => readPair(reader, log.attributes),
    9: () => (log.traceId = reader.hex()),
    10: () => (log.spanId = reader.hex()),
  });
  log.time ||= observed;
  log.severity ||= severityOf(number);
  return log;
}

const DEEPEST = 8;

function readPair(reader: ProtobufReader, into: Attributes, depth = 0): void {
  const outer = reader.enter();
  let key = '';
  let value: AttributeValue = null;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.text();
    else if (field === 2) value = readValue(reader, depth);
    else reader.skip();
  }
  reader.leave(outer);
  if (value !== null || depth > 0) into[key] = value;
}

function readValue(reader: ProtobufReader, depth: number): AttributeValue {
  const outer = reader.enter();
  let value: AttributeValue = null;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) value = reader.text();
    else if (field === 2) value = reader.varint() !== 0;
    else if (field === 3) value = reader.wholeNumber();
    else if (field === 4) value = reader.double();
    else if (field === 5 && depth < DEEPEST) value = readList(reader, depth + 1);
    else if (field === 6 && depth < DEEPEST) value = readMap(reader, depth + 1);
    else if (field === 7) value = Buffer.from(reader.hex(), 'hex').toString('base64');
    else reader.skip();
  }
  reader.leave(outer);
  return value;
}

function readList(reader: ProtobufReader, depth: number): AttributeValue[] {
  const values: AttributeValue[] = [];
  message(reader, { 1: () => values.push(readValue(reader, depth)) });
  return values;
}

function readMap(reader: ProtobufReader, depth: number): Attributes {
  const map = noAttributes();
  message(reader, { 1: () => readPair(reader, map, depth) });
  return map;
}
