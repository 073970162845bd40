import { expect, it } from 'vitest';
import { SpanTable } from '../spans/span-table.ts';
import { readOtlp } from './otlp-json.ts';
import { OtlpScan } from './otlp-scan.ts';

const TRACE = '0AF7651916CD43DD8448EB211C80319C';
const attribute = (key: string, value: object): object => ({ key, value });

const SPAN = {
  traceId: TRACE,
  spanId: 'b7ad6b7169203331',
  parentSpanId: '',
  name: 'SELECT orders',
  kind: 3,
  startTimeUnixNano: '1790000000000500000',
  endTimeUnixNano: '1790000000005000000',
  attributes: [
    attribute('unread', { arrayValue: { values: [{ stringValue: '}}"' }] } }),
    attribute('db.system.name', { stringValue: 'postgresql' }),
    attribute('db.query.text', { stringValue: 'SELECT "}}" FROM \\ orders' }),
    attribute('db.namespace', { stringValue: 'caf\u00e9' }),
    attribute('server.port', { intValue: '5432' }),
    attribute('pool.used', { intValue: 3 }),
    attribute('pool.wait_ms', { doubleValue: 1.5 }),
    attribute('cache.hit', { boolValue: true }),
    attribute('http.timeout_phase', { stringValue: '' }),
    attribute('db.collection.name', { stringValue: 'a "quoted" name' }),
  ],
  status: { code: 2 },
};

const REQUEST = {
  resourceSpans: [
    {
      resource: { attributes: [attribute('service.name', { stringValue: 'orders' })] },
      scopeSpans: [{ spans: [SPAN, { ...SPAN, spanId: 'b7ad6b7169203332', parentSpanId: SPAN.spanId }] }],
    },
  ],
};

function read(text: string): object | undefined {
  const table = new SpanTable();
  return new OtlpScan(table).read(Buffer.from(text)) ? contentOf(table) : undefined;
}

function contentOf(table: SpanTable): object {
  const rows = Array.from({ length: table.size }, (_, row) => row);
  return {
    size: table.size,
    traceIds: Array.from({ length: table.traces }, (_, trace) => table.traceId(trace)),
    attributes: table.attributes,
    columns: rows.map((row) => ({
      name: table.strings.text(table.name[row]!),
      target: table.strings.text(table.target[row]!),
      service: table.strings.text(table.service[row]!),
      ids: [table.idHigh[row], table.idLow[row], table.parentHigh[row], table.parentLow[row], table.hasParent[row]],
      times: [table.start[row], table.end[row]],
      failed: table.failed[row],
    })),
  };
}

it('reads what exporters write as any other writing of the same', () => {
  const asWritten = read(JSON.stringify(REQUEST));
  expect(asWritten).toEqual({
    size: 2,
    traceIds: [TRACE.toLowerCase()],
    attributes: [SPAN, SPAN].map(() => ({
      isDatabase: true,
      poolUsed: 3,
      isWait: true,
      cacheHit: true,
      timeoutPhase: '',
      collection: 'a "quoted" name',
    })),
    columns: [0, 1].map((row) => ({
      name: 'SELECT orders',
      target: 'postgresql caf\u00e9',
      service: 'orders',
      ids: [0xb7ad6b71, 0x69203331 + row, row && 0xb7ad6b71, row && 0x69203331, row],
      times: [1_790_000_000_000.5, 1_790_000_000_005],
      failed: 1,
    })),
  });
  const spaced = JSON.stringify(REQUEST).replaceAll('"key":', '"key": ').replaceAll('"value":{', '"value": { ');
  expect(read(spaced)).toEqual(asWritten);
  const escaped = JSON.stringify(REQUEST).replaceAll('server.port', 'server\\u002eport');
  expect(read(escaped)).toEqual(asWritten);
});

it.each([
  ['a trace ID of other digits', { traceId: 'x'.repeat(32) }],
  ['a short trace ID', { traceId: 'abc' }],
  ['a span ID that is none', { spanId: 'one' }],
])('leaves %s to JSON.parse', (_, other) => {
  const [resourceSpans] = REQUEST.resourceSpans;
  const spans = [{ ...SPAN, ...other }];
  expect(read(JSON.stringify({ resourceSpans: [{ ...resourceSpans, scopeSpans: [{ spans }] }] }))).toBeUndefined();
});

it('counts no span of a line that it leaves to JSON.parse', () => {
  const [resourceSpans] = REQUEST.resourceSpans;
  const spans = [SPAN, { ...SPAN, startTimeUnixNano: 'never' }, { ...SPAN, spanId: 'one' }];
  const table = new SpanTable();
  const line = JSON.stringify({ resourceSpans: [{ ...resourceSpans, scopeSpans: [{ spans }] }] });
  expect(new OtlpScan(table).read(Buffer.from(line))).toBe(false);
  expect([table.size, table.invalid]).toEqual([0, 0]);
});

it('reads what JSON.parse does: any key, number and text, in any order, from any place in a line', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (seed >>> 8) % below;
  };
  const oneOf = <T>(some: T[]): T => some[random(some.length)]!;
  const texts = [
    '',
    'a',
    'ab',
    'abc',
    'abcd',
    'caf\u00e9',
    'a "quoted" one',
    'x'.repeat(300),
    '}}',
    '\\',
    'GET /\u2028',
  ];
  const numbers = [0, -0, 7, -7, 318.53, 0.1, 1e21, 1e-7, 123_456_789_012_345, 9_007_199_254_740_991, -1.5, 5e-324];
  const valueOf = (): object =>
    oneOf([
      () => ({ stringValue: oneOf(texts) + random(9) }),
      () => ({ intValue: String(random(1e9) - 5e8) }),
      () => ({ intValue: random(1e6) }),
      () => ({ doubleValue: oneOf(numbers) }),
      () => ({ boolValue: random(2) === 1 }),
      () => ({ arrayValue: { values: [{ stringValue: 'a' }] } }),
    ])();
  const keys = [
    'pool.used',
    'pool.limit',
    'cache.hit',
    'server.address',
    'server.port',
    'http.route',
    'none',
    'x'.repeat(99),
  ];
  const cutShort = new OtlpScan(new SpanTable());
  for (let round = 0; round < 100; round++) {
    const spans = Array.from({ length: random(6) }, () => ({
      ...SPAN,
      attributes: Array.from({ length: random(8) }, () => attribute(oneOf(keys) + oneOf(['', '', '', '2']), valueOf())),
    }));
    const request = { resourceSpans: [{ ...REQUEST.resourceSpans[0], scopeSpans: [{ spans }] }] };
    const line = JSON.stringify(request);
    const parsed = new SpanTable();
    readOtlp(JSON.parse(line) as typeof request, parsed);
    const buffer = Buffer.concat([Buffer.from(' '.repeat(round % 8)), Buffer.from(line), Buffer.from('}}')]);
    const scanned = new SpanTable();
    const bytes = buffer.subarray(round % 8, buffer.length - 2);
    expect(new OtlpScan(scanned).read(bytes)).toBe(true);
    expect(contentOf(scanned)).toEqual(contentOf(parsed));
    for (let cut = 0; cut < 3; cut++) expect(cutShort.read(bytes.subarray(0, random(bytes.length)))).toBe(false);
  }
});
