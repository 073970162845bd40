import { type SpanTable } from '../spans/span-table.ts';
import { emptySpan, type SpanProcess } from '../spans/span-input.ts';
import { type Plain, SpanAttributes } from './attributes.ts';
import { addMark } from './marks.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { ResourceAttributes } from './resource.ts';
import { UnreadableSource } from './unreadable.ts';

/** Largest request; larger files are lists or have no traces. */
const LARGEST = 1024 * 1024 * 1024;
const LONGEST_LINKS = 8;

/** One `ExportTraceServiceRequest`, or many, each after its length (the collector's file exporter). */
export async function readProtobuf(chunks: AsyncIterable<Buffer>, table: SpanTable): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let more: Buffer[] = [];
  let size = 0;
  let isList: boolean | undefined;
  const putTogether = (): Buffer => {
    rest = Buffer.concat([rest, ...more]);
    more = [];
    return rest;
  };
  for await (const chunk of chunks) {
    // A request's first tag; lengths start so only from 167 MB on.
    isList ??= chunk[0] !== 0x0a;
    more.push(chunk);
    size += chunk.length;
    if (size > LARGEST) throw new UnreadableSource('a request of more than 1 GB');
    // Joined only when doubled, not copied per chunk.
    if (!isList || size < rest.length * 2) continue;
    rest = readRequests(putTogether(), table);
    size = rest.length;
  }
  if (!isList) readRequest(putTogether(), table);
  else if (readRequests(putTogether(), table).length > 0)
    throw new UnreadableSource('cut short, or no OTLP in protobuf');
}

/** Returns the incomplete rest. */
function readRequests(bytes: Buffer, table: SpanTable): Buffer {
  let at = 0;
  while (bytes.length - at >= 4) {
    const length = bytes.readUInt32BE(at);
    if (length > LARGEST || (length > 0 && bytes.length > at + 4 && bytes[at + 4] !== 0x0a))
      throw new UnreadableSource('no OTLP in protobuf');
    if (bytes.length - at - 4 < length) break;
    readRequest(bytes.subarray(at + 4, at + 4 + length), table);
    at += 4 + length;
  }
  return bytes.subarray(at);
}

function readRequest(bytes: Buffer, table: SpanTable): void {
  const reader = new ProtobufReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    readResourceSpans(reader, table);
    reader.leave(outer);
  }
}

function readResourceSpans(reader: ProtobufReader, table: SpanTable): void {
  const resource = new ResourceAttributes();
  const takeOfResource = (key: string, value: Plain): void => resource.take(key, value);
  const attributes = new SpanAttributes(table.strings);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1 && field !== 2) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      if (field === 1 && inner === 1) readPair(reader, takeOfResource);
      else if (field === 2 && inner === 2) readSpan(reader, table, attributes, resource.process);
      else reader.skip();
    }
    reader.leave(outer);
  }
}

function readSpan(reader: ProtobufReader, table: SpanTable, attributes: SpanAttributes, of: SpanProcess): void {
  const outer = reader.enter();
  attributes.clear();
  const span = emptySpan(of);
  const links: number[] = [];
  const marks: { name: string; at: number; values: Record<string, Plain> }[] = [];
  const take = (key: string, value: Plain): void => attributes.take(key, value);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) span.traceId = reader.hex();
    else if (field === 2) span.spanId = reader.hex();
    else if (field === 4) span.parentSpanId = reader.hex();
    else if (field === 5) span.name = reader.text();
    else if (field === 6) span.kind = reader.varint();
    else if (field === 7) span.start = reader.milliseconds();
    else if (field === 8) span.end = reader.milliseconds();
    else if (field === 9) readPair(reader, take);
    else if (field === 11) marks.push(readEvent(reader));
    else if (field === 13 && links.length < LONGEST_LINKS) links.push(table.traceNumber(readLink(reader)));
    else if (field === 15) span.failed = readStatus(reader) === 2;
    else reader.skip();
  }
  reader.leave(outer);
  if (links.length > 0) attributes.known.links = links;
  span.failed ||= attributes.isFailed;
  span.errorType = attributes.errorType;
  span.target = attributes.target;
  span.attributes = attributes.known;
  const row = table.add(span);
  if (row >= 0) for (const mark of marks) addMark(table, { row, ...mark });
}

function readEvent(reader: ProtobufReader): { name: string; at: number; values: Record<string, Plain> } {
  const outer = reader.enter();
  const event = { name: '', at: 0, values: {} as Record<string, Plain> };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) event.at = reader.milliseconds();
    else if (field === 2) event.name = reader.text();
    else if (field === 3)
      readPair(reader, (key, value) => (event.values[key] = typeof value === 'string' ? value.slice(0, 256) : value));
    else reader.skip();
  }
  reader.leave(outer);
  return event;
}

function readLink(reader: ProtobufReader): string {
  const outer = reader.enter();
  let trace = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) trace = reader.hex();
    else reader.skip();
  }
  reader.leave(outer);
  return trace;
}

function readStatus(reader: ProtobufReader): number {
  const outer = reader.enter();
  let code = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) code = reader.varint();
    else reader.skip();
  }
  reader.leave(outer);
  return code;
}

/** Skips values that are not plain. */
function readPair(reader: ProtobufReader, take: (key: string, value: Plain) => void): void {
  const outer = reader.enter();
  let key = '';
  let value: Plain | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.text();
    else if (field === 2) value = readValue(reader);
    else reader.skip();
  }
  reader.leave(outer);
  if (value !== undefined) take(key, value);
}

function readValue(reader: ProtobufReader): Plain | undefined {
  const outer = reader.enter();
  let value: Plain | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) value = reader.text();
    else if (field === 2) value = reader.varint() !== 0;
    else if (field === 3) value = reader.varint();
    else if (field === 4) value = reader.double();
    else reader.skip();
  }
  reader.leave(outer);
  return value;
}
