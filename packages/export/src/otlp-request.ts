import { readResource } from './decode/resource.ts';
import { readScope } from './decode/scope.ts';
import { readSpan } from './decode/span.ts';
import { readLog } from './decode/log.ts';
import type { JsonResource, JsonScope, JsonSpan } from './decode/otlp-json.ts';
import { HEADER_BYTES, isItem, LOG, readRecords, RESOURCE, SCOPE, SPAN, type ItemCounts } from './records.ts';
import { countOf, type Signal } from './destination.ts';

export interface RecordBatch extends ItemCounts {
  readonly bytes: Buffer;
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

function itemsOf(signal: Signal): number {
  return signal === 'logs' ? LOG : SPAN;
}

/** Readable halves, of one signal; none for one item. */
export function splitRecords(batch: RecordBatch, signal: Signal = 'traces'): RecordBatch[] {
  const { bytes, number, start, end } = batch;
  const count = countOf(batch, signal);
  const preface: Buffer[] = [];
  const halves: Buffer[][] = [[], []];
  let seen = 0;
  readRecords(bytes, start, end, number, (type, from, to) => {
    const record = bytes.subarray(from - HEADER_BYTES, to);
    if (!isItem(type)) preface.push(record);
    else if (type === itemsOf(signal)) halves[seen++ * 2 < count ? 0 : 1]!.push(record);
  });
  if (halves[1]!.length === 0) return [];
  return halves.map((half) => {
    const copy = Buffer.concat([...preface, ...half]);
    const [spans, logs] = signal === 'logs' ? [0, half.length] : [half.length, 0];
    return { bytes: copy, number, start: 0, end: copy.length, spans, logs };
  });
}

class ScopeGroup {
  readonly fragment: Buffer;
  /** Of the ScopeSpans message. */
  size: number;
  readonly #bytes: Buffer[] = [];
  readonly #ranges: number[] = [];

  constructor(fragment: Buffer) {
    this.fragment = fragment;
    this.size = fragment.length;
  }

  add(bytes: Buffer, from: number, to: number): void {
    this.#bytes.push(bytes);
    this.#ranges.push(from, to);
    this.size += 1 + lengthSize(to - from) + to - from;
  }

  copyTo(out: Buffer, at: number): number {
    let pos = at;
    for (let i = 0; i < this.#bytes.length; i++) {
      const from = this.#ranges[2 * i]!;
      const to = this.#ranges[2 * i + 1]!;
      pos = putField(out, pos, (2 << 3) | 2, to - from);
      // A quarter of `set`'s cost with `subarray`.
      pos += this.#bytes[i]!.copy(out, pos, from, to);
    }
    return pos;
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  read<T>(read: (bytes: Buffer) => T): T[] {
    return this.#bytes.map((bytes, i) => read(bytes.subarray(this.#ranges[2 * i], this.#ranges[2 * i + 1])));
  }
}

interface ResourceGroup {
  readonly fragment: Buffer;
  readonly scopes: readonly ScopeGroup[];
}

/** What has items of the signal. */
function grouped(batches: readonly RecordBatch[], signal: Signal): ResourceGroup[] {
  const wanted = itemsOf(signal);
  const resources = new Map<string, { fragment: Buffer; scopes: Map<string, ScopeGroup> }>();
  for (const { bytes, start, end, number } of batches) {
    let resource: { scopes: Map<string, ScopeGroup> } | undefined;
    const scopes: (ScopeGroup | undefined)[] = [];
    readRecords(bytes, start, end, number, (type, from, to, id) => {
      if (type === wanted) return scopes[id]?.add(bytes, from, to);
      if (isItem(type)) return;
      const fragment = bytes.subarray(from, to);
      const key = fragment.toString('latin1');
      if (type === RESOURCE) {
        let group = resources.get(key);
        if (!group) resources.set(key, (group = { fragment, scopes: new Map() }));
        resource = group;
      } else if (type === SCOPE && resource) {
        let scope = resource.scopes.get(key);
        if (!scope) resource.scopes.set(key, (scope = new ScopeGroup(fragment)));
        scopes[id] = scope;
      }
    });
  }
  return Array.from(resources.values(), ({ fragment, scopes }) => ({
    fragment,
    scopes: Array.from(scopes.values()).filter(({ isEmpty }) => !isEmpty),
  })).filter(({ scopes }) => scopes.length > 0);
}

function lengthSize(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5;
}

function putField(out: Buffer, at: number, tag: number, length: number): number {
  let pos = at;
  out[pos++] = tag;
  let rest = length;
  while (rest > 0x7f) {
    out[pos++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[pos++] = rest;
  return pos;
}

/**
 * An `ExportTraceServiceRequest` or `ExportLogsServiceRequest` of copied bytes.
 *
 * @param room returns at least this many bytes
 */
export function toProtobuf(
  batches: readonly RecordBatch[],
  room: (bytes: number) => Buffer = Buffer.allocUnsafeSlow,
  signal: Signal = 'traces',
): Buffer {
  const resources = grouped(batches, signal).map(({ fragment, scopes }) => {
    let size = fragment.length;
    for (const scope of scopes) size += 1 + lengthSize(scope.size) + scope.size;
    return { fragment, scopes, size };
  });
  const total = resources.reduce((sum, { size }) => sum + 1 + lengthSize(size) + size, 0);
  const out = room(total);
  let pos = 0;
  for (const { fragment, scopes, size } of resources) {
    pos = putField(out, pos, (1 << 3) | 2, size);
    pos += fragment.copy(out, pos);
    for (const scope of scopes) {
      pos = putField(out, pos, (2 << 3) | 2, scope.size);
      pos += scope.fragment.copy(out, pos);
      pos = scope.copyTo(out, pos);
    }
  }
  return out.subarray(0, pos);
}

export function toJson(batches: readonly RecordBatch[], signal: Signal = 'traces'): Buffer {
  const groups = grouped(batches, signal);
  const request =
    signal === 'logs'
      ? {
          resourceLogs: groups.map(({ fragment, scopes }) => ({
            resource: readResource(fragment),
            scopeLogs: scopes.map((scope) => ({ ...readScope(scope.fragment), logRecords: scope.read(readLog) })),
          })),
        }
      : {
          resourceSpans: groups.map(({ fragment, scopes }) => ({
            resource: readResource(fragment),
            scopeSpans: scopes.map((scope) => ({ ...readScope(scope.fragment), spans: scope.read(readSpan) })),
          })),
        };
  return Buffer.from(JSON.stringify(request), 'utf8');
}

export function eachSpan(
  batches: readonly RecordBatch[],
  visit: (span: JsonSpan, scope: JsonScope, resource: JsonResource) => void,
): void {
  for (const { fragment, scopes } of grouped(batches, 'traces')) {
    const resource = readResource(fragment);
    for (const group of scopes) {
      const { scope } = readScope(group.fragment);
      for (const span of group.read(readSpan)) visit(span, scope, resource);
    }
  }
}
