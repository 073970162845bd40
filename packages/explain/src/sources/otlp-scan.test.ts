import { expect, it } from 'vitest';
import { SpanTable } from '../spans/span-table.ts';
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
  if (!new OtlpScan(table).read(Buffer.from(text))) return undefined;
  const rows = [0, 1];
  return {
    size: table.size,
    traceIds: table.traceIds,
    facts: table.facts,
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
    facts: [SPAN, SPAN].map(() => ({
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
