import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clip } from '../src/decompose/clipping.ts';
import { CriticalPathWalk } from '../src/decompose/critical-path.ts';
import { exclusiveTimes } from '../src/decompose/exclusive-time.ts';
import { KIND, SpanTable } from '../src/spans/span-table.ts';
import { buildTrees } from '../src/spans/trees.ts';

interface Case {
  case: string;
  spans: {
    spanId: string;
    parentSpanId: string | null;
    name: string;
    service: string;
    kind?: string;
    startUs: number;
    durationUs: number;
  }[];
  expected: {
    exclusiveUsOnPath?: Record<string, number>;
    sections?: { spanId: string; startUs: number; endUs: number }[];
  };
}

const read = (name: string): Case[] =>
  JSON.parse(readFileSync(new URL(`fixtures/critical-path/${name}.json`, import.meta.url), 'utf8')) as Case[];

/** Times of the cases are small whole numbers: one millisecond each here. */
function load({ spans }: Case) {
  const table = new SpanTable();
  for (const { spanId, parentSpanId, name, service, kind, startUs, durationUs } of spans) {
    table.add({
      traceId: 't',
      spanId,
      parentSpanId: parentSpanId ?? '',
      service,
      instance: '',
      version: '',
      host: '',
      config: '',
      name,
      kind: kind ? KIND[kind.toUpperCase() as keyof typeof KIND] : 0,
      start: startUs,
      end: startUs + durationUs,
      failed: false,
      errorType: '',
      target: '',
      attributes: undefined,
    });
  }
  const trees = buildTrees(table);
  return { table, trees, clipped: clip(table, trees) };
}

describe('cases of CRISP', () => {
  it.each(read('crisp').map((each) => [each.case, each] as const))('%s', (_, each) => {
    const { table, trees, clipped } = load(each);
    const sums: Record<string, number> = {};
    exclusiveTimes(trees, clipped).forEach((time, row) => {
      const key = `[${table.strings.text(table.service[row]!)}] ${table.strings.text(table.name[row]!)}`;
      if (time > 0) sums[key] = (sums[key] ?? 0) + time;
    });
    const expected = Object.entries(each.expected.exclusiveUsOnPath!).filter(([, time]) => time > 0);
    expect(sums).toEqual(Object.fromEntries(expected));
  });
});

describe("cases of Jaeger's UI", () => {
  it.each(read('jaeger-ui').map((each) => [each.case, each] as const))('%s', (_, each) => {
    const { trees, clipped } = load(each);
    const sections: Case['expected']['sections'] = [];
    new CriticalPathWalk(trees, clipped).from(clipped.entries[0]!, (row, startUs, endUs) =>
      sections.push({ spanId: each.spans[row]!.spanId, startUs, endUs }),
    );
    expect(sections).toEqual(each.expected.sections);
  });
});
