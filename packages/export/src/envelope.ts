import { readResource, readScope, readSpan, type JsonResource, type JsonScope, type JsonSpan } from './decode.ts';
import { readRecords, RESOURCE, SCOPE, SPAN } from './records.ts';

/** A batch as the sender holds it. */
export interface Records {
  readonly bytes: Buffer;
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly spans: number;
}

/** Spans of one resource and one scope, still as bytes. */
interface ScopeGroup {
  fragment: Buffer;
  spans: Buffer[];
  /** Of the whole ScopeSpans message. */
  size: number;
}

interface ResourceGroup {
  fragment: Buffer;
  scopes: Map<string, ScopeGroup>;
}

function group(batches: readonly Records[]): ResourceGroup[] {
  const resources = new Map<string, ResourceGroup>();
  for (const batch of batches) {
    let resource: ResourceGroup | undefined;
    const scopes = new Map<number, ScopeGroup>();
    readRecords(batch.bytes, batch.start, batch.end, batch.number, (type, payload, id) => {
      if (type === RESOURCE) {
        const key = payload.toString('latin1');
        resource = resources.get(key);
        if (!resource) resources.set(key, (resource = { fragment: payload, scopes: new Map() }));
      } else if (type === SCOPE && resource) {
        const key = payload.toString('latin1');
        let scope = resource.scopes.get(key);
        if (!scope) resource.scopes.set(key, (scope = { fragment: payload, spans: [], size: payload.length }));
        scopes.set(id, scope);
      } else if (type === SPAN) {
        const scope = scopes.get(id);
        if (!scope) return;
        scope.spans.push(payload);
        scope.size += 1 + lengthSize(payload.length) + payload.length;
      }
    });
  }
  return [...resources.values()];
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

/** Puts batches together as one `ExportTraceServiceRequest`; the spans' bytes are copied, not read. */
export function toProtobuf(batches: readonly Records[]): Buffer {
  const resources = group(batches).map(({ fragment, scopes }) => {
    let size = fragment.length;
    for (const scope of scopes.values()) size += 1 + lengthSize(scope.size) + scope.size;
    return { fragment, scopes, size };
  });
  const total = resources.reduce((sum, { size }) => sum + 1 + lengthSize(size) + size, 0);
  const out = Buffer.allocUnsafeSlow(total);
  let pos = 0;
  for (const resource of resources) {
    pos = putField(out, pos, (1 << 3) | 2, resource.size);
    out.set(resource.fragment, pos);
    pos += resource.fragment.length;
    for (const scope of resource.scopes.values()) {
      pos = putField(out, pos, (2 << 3) | 2, scope.size);
      out.set(scope.fragment, pos);
      pos += scope.fragment.length;
      for (const span of scope.spans) {
        pos = putField(out, pos, (2 << 3) | 2, span.length);
        out.set(span, pos);
        pos += span.length;
      }
    }
  }
  return out;
}

/** Puts batches together as an export request in OTLP/JSON. */
export function toJson(batches: readonly Records[]): Buffer {
  const resourceSpans = group(batches).map((resource) => ({
    resource: readResource(resource.fragment),
    scopeSpans: Array.from(resource.scopes.values(), ({ fragment, spans }) => ({
      ...readScope(fragment),
      spans: spans.map(readSpan),
    })),
  }));
  return Buffer.from(JSON.stringify({ resourceSpans }), 'utf8');
}

/** Calls `visit` for each span of the batches, read back. */
export function eachSpan(
  batches: readonly Records[],
  visit: (span: JsonSpan, scope: JsonScope, resource: JsonResource) => void,
): void {
  for (const { fragment, scopes } of group(batches)) {
    const resource = readResource(fragment);
    for (const { fragment: scopeFragment, spans } of scopes.values()) {
      const { scope } = readScope(scopeFragment);
      for (const span of spans) visit(readSpan(span), scope, resource);
    }
  }
}
