import { readFileSync } from 'node:fs';
import * as names from '@foreshock/kit/names';

interface Attribute {
  key: string;
}

interface OtlpSpan {
  spanId: string;
  parentSpanId?: string;
  kind?: number;
  attributes?: Attribute[];
  events?: { name: string }[];
  links?: unknown[];
}

/** What is read of a line. */
export interface OtlpRequest {
  resourceSpans: { resource: unknown; scopeSpans: { scope?: { name?: string }; spans: OtlpSpan[] }[] }[];
}

const INTERNAL = 1;
/** What semantic conventions have, of the names that the kit keeps. */
const CONVENTIONS = /^messaging\./;
const OURS = new Set<string>(Object.values(names).filter((name) => !CONVENTIONS.test(name)));
const OUR_SCOPE = /^@?foreshock\b/;

/** Recorded requests, without the events that say which calls the faults hit: the answer is to be found, not read. */
export function recordedSpans(file: string): OtlpRequest[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const requests = lines.map((line) => JSON.parse(line) as OtlpRequest);
  for (const span of spansIn(requests))
    span.events = span.events?.filter(({ name }) => !name.startsWith('chaos.')) ?? [];
  return requests;
}

/**
 * The same run as plain OpenTelemetry would tell it: requests, calls and messages, without waits, holders, attempts,
 * breakers, phases and links.
 */
export function asPlainSpans(requests: OtlpRequest[]): OtlpRequest[] {
  const parents = new Map<string, string>();
  for (const { resourceSpans } of requests) {
    for (const { scopeSpans } of resourceSpans) {
      for (const scope of scopeSpans) {
        scope.spans = scope.spans.filter((span) => {
          const isOurs = span.kind === INTERNAL && OUR_SCOPE.test(scope.scope?.name ?? '');
          if (isOurs) parents.set(span.spanId, span.parentSpanId ?? '');
          return !isOurs;
        });
      }
    }
  }
  for (const span of spansIn(requests)) {
    let parent = span.parentSpanId ?? '';
    while (parents.has(parent)) parent = parents.get(parent)!;
    span.parentSpanId = parent;
    span.attributes = span.attributes?.filter(({ key }) => !OURS.has(key)) ?? [];
    span.events = [];
    span.links = [];
  }
  return requests;
}

/** As a file of the collector's has them. */
export async function* asLines(requests: readonly OtlpRequest[]): AsyncGenerator<Buffer> {
  for (const request of requests) yield Buffer.from(`${JSON.stringify(request)}\n`);
}

function* spansIn(requests: readonly OtlpRequest[]): Generator<OtlpSpan> {
  for (const { resourceSpans } of requests) {
    for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) yield* spans;
  }
}
