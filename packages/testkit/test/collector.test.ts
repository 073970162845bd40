import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { otlpDefinitions, startCollector, type Collector } from '../src/index.ts';

const REQUEST = 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const START = 1_700_000_000_123_456_789n;

const jsonSpan = {
  traceId,
  spanId,
  parentSpanId: '00f067aa0ba902b7',
  traceState: 'vendor=1',
  flags: 0x301,
  name: 'SELECT orders',
  kind: 3,
  startTimeUnixNano: String(START),
  endTimeUnixNano: String(START + 1_500_000n),
  attributes: [
    { key: 'text', value: { stringValue: 'é' } },
    { key: 'whole', value: { intValue: '42' } },
    { key: 'huge', value: { intValue: '9223372036854775807' } },
    { key: 'part', value: { doubleValue: 0.5 } },
    { key: 'yes', value: { boolValue: true } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 1 }] } } },
    { key: 'empty', value: {} },
  ],
  droppedAttributesCount: 1,
  events: [
    {
      timeUnixNano: String(START + 1_000_000n),
      name: 'breaker.open',
      attributes: [{ key: 'n', value: { intValue: '1' } }],
    },
  ],
  links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16) }],
  droppedLinksCount: 2,
  status: { code: 2, message: 'no' },
};

function requestOf(span: object): any {
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }] },
        scopeSpans: [{ scope: { name: '@foreshock/instrumentation-db', version: '1' }, spans: [span] }],
      },
    ],
  };
}

const expected = {
  traceId,
  spanId,
  parentSpanId: '00f067aa0ba902b7',
  name: 'SELECT orders',
  kind: 'CLIENT',
  startTime: 1_700_000_000_123.456,
  endTime: 1_700_000_000_124.956,
  durationMs: 1.5,
  attributes: {
    text: 'é',
    whole: 42,
    huge: 9_223_372_036_854_775_807n,
    part: 0.5,
    yes: true,
    list: ['a', 1],
    empty: null,
  },
  events: [{ name: 'breaker.open', time: 1_700_000_000_124.456, attributes: { n: 1 } }],
  links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), attributes: {} }],
  status: { code: 'ERROR', message: 'no' },
  flags: 0x301,
  traceState: 'vendor=1',
  resource: { 'service.name': 'orders' },
  scope: '@foreshock/instrumentation-db',
  dropped: { attributes: 1, events: 0, links: 2 },
};

/** The official definitions' bytes of the same span. */
function protobufOf(json: any): Buffer {
  const hex = (id: string | undefined): Buffer | undefined => (id === undefined ? undefined : Buffer.from(id, 'hex'));
  const span = json.resourceSpans[0].scopeSpans[0].spans[0];
  const binary = {
    ...span,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    links: span.links.map((link: any) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
  };
  const type = otlpDefinitions().lookupType(REQUEST);
  return Buffer.from(type.encode(type.fromObject(requestOf(binary))).finish());
}

let collector: Collector;
afterEach(() => collector.close());

function post(path: string, type: string, body: Buffer | string, headers: Record<string, string> = {}) {
  return fetch(collector.url + path, {
    method: 'POST',
    body: body as string,
    headers: { 'content-type': type, ...headers },
  });
}

test.each([
  ['protobuf', 'application/x-protobuf', protobufOf(requestOf(jsonSpan)), false],
  ['protobuf, gzip', 'application/x-protobuf', protobufOf(requestOf(jsonSpan)), true],
  ['JSON', 'application/json', Buffer.from(JSON.stringify(requestOf(jsonSpan))), false],
  ['JSON, gzip', 'application/json; charset=utf-8', Buffer.from(JSON.stringify(requestOf(jsonSpan))), true],
] as const)('decodes %s', async (_name, type, body, gzip) => {
  collector = await startCollector();
  const response = await post(
    '/v1/traces',
    type,
    gzip ? gzipSync(body) : body,
    gzip ? { 'content-encoding': 'gzip' } : {},
  );
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(type.startsWith('application/json') ? '{}' : '');
  expect(collector.spans).toEqual([expected]);
  expect(collector.errors).toEqual([]);
});

const json = (span: object): string => JSON.stringify(requestOf(span));

test.each([
  [
    'truncated protobuf',
    'application/x-protobuf',
    protobufOf(requestOf(jsonSpan)).subarray(0, -3),
    /index out of range|invalid/,
  ],
  [
    'a field number that does not exist',
    'application/x-protobuf',
    Buffer.concat([protobufOf(requestOf(jsonSpan)), Buffer.from([0x7a, 1, 1])]),
    /do not know/,
  ],
  ['a wrong wire type', 'application/x-protobuf', Buffer.from([0x08, 1]), /./],
  ['text that is not UTF-8', 'application/x-protobuf', withBadText(), /./],
  [
    'a short trace id',
    'application/x-protobuf',
    protobufOf(requestOf({ ...jsonSpan, traceId: 'abcd' })),
    /traceId is not a valid id: 'abcd'/,
  ],
  ['a zero span id', 'application/json', json({ ...jsonSpan, spanId: '0'.repeat(16) }), /spanId is not a valid id/],
  ['a span without kind', 'application/json', json({ ...jsonSpan, kind: 0 }), /span kind is SPAN_KIND_UNSPECIFIED/],
  ['a kind that does not exist', 'application/json', json({ ...jsonSpan, kind: 9 }), /span kind is 9/],
  ['a base64 id in JSON', 'application/json', json({ ...jsonSpan, spanId: 'aGFsbG9oYWw=' }), /spanId is not hex/],
  ['an enum by name in JSON', 'application/json', json({ ...jsonSpan, kind: 'SPAN_KIND_CLIENT' }), /numbers only/],
  ['an unknown field in JSON', 'application/json', json({ ...jsonSpan, kindd: 1 }), /unknown field/],
  ['a wrong type in JSON', 'application/json', json({ ...jsonSpan, name: 1 }), /expected string/],
  [
    'an attribute twice',
    'application/json',
    json({ ...jsonSpan, attributes: [1, 2].map((n) => ({ key: 'a', value: { intValue: n } })) }),
    /there twice/,
  ],
  ['no JSON at all', 'application/json', 'garbage', /JSON/],
  ['no content type it knows', 'text/plain', 'garbage', /content type is text\/plain/],
])('refuses %s with 400, and says why', async (_name, type, body, reason) => {
  collector = await startCollector();
  const response = await post('/v1/traces', type, body);
  expect(response.status).toBe(400);
  expect(await response.text()).toMatch(reason);
  expect(collector.spans).toEqual([]);
  expect(collector.errors.map(String)).toEqual([expect.stringMatching(reason)]);
  await expect(collector.waitForSpans(1, { timeoutMs: 1 })).rejects.toThrow(
    /requests: \/v1\/traces 400; spans:\n {2}\(none\)\nrefused:/,
  );
});

function withBadText(): Buffer {
  const body = protobufOf(requestOf(jsonSpan));
  body[body.indexOf(Buffer.from('SELECT'))] = 0xff;
  return body;
}

test('other paths and methods are refused', async () => {
  collector = await startCollector();
  expect((await post('/v1/trace', 'application/json', '{}')).status).toBe(404);
  expect((await fetch(`${collector.url}/v1/traces`)).status).toBe(405);
  expect(collector.errors).toHaveLength(2);
});

test('takes metrics, logs and Zipkin', async () => {
  collector = await startCollector();
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }] };
  const attributes = [{ key: 'state', value: { stringValue: 'used' } }];
  const metrics = [
    {
      name: 'count',
      unit: '{connection}',
      sum: { dataPoints: [{ attributes, asInt: '3' }], aggregationTemporality: 2 },
    },
    {
      name: 'wait',
      unit: 's',
      histogram: {
        dataPoints: [{ count: '2', sum: 0.5, min: 0.1, max: 0.4, explicitBounds: [0.2], bucketCounts: ['1', '1'] }],
        aggregationTemporality: 2,
      },
    },
  ];
  const sent = { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'db' }, metrics }] }] };
  expect((await post('/v1/metrics', 'application/json', JSON.stringify(sent))).status).toBe(200);
  const common = { description: '', resource: { 'service.name': 'orders' }, scope: 'db' };
  expect(collector.metrics).toEqual([
    {
      ...common,
      name: 'count',
      unit: '{connection}',
      type: 'sum',
      points: [{ attributes: { state: 'used' }, value: 3 }],
    },
    {
      ...common,
      name: 'wait',
      unit: 's',
      type: 'histogram',
      points: [{ attributes: {}, count: 2, sum: 0.5, min: 0.1, max: 0.4, bounds: [0.2], buckets: [1, 1] }],
    },
  ]);

  const logs = {
    resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{ traceId, spanId, body: { stringValue: 'hello' } }] }] }],
  };
  expect((await post('/v1/logs', 'application/json', JSON.stringify(logs))).status).toBe(200);
  expect(collector.logs).toMatchObject([{ traceId, spanId, body: 'hello', resource: { 'service.name': 'orders' } }]);

  const zipkin = [{ traceId, id: spanId, name: 'get' }];
  expect((await post('/api/v2/spans', 'application/json', JSON.stringify(zipkin))).status).toBe(202);
  expect(collector.zipkinSpans).toEqual(zipkin);
});

test('misbehaves as configured, and does not count what it refused', async () => {
  collector = await startCollector();
  const body = JSON.stringify(requestOf(jsonSpan));
  const send = () => post('/v1/traces', 'application/json', body);

  collector.respond({ status: 503, headers: { 'retry-after': '7' }, body: 'busy' });
  const refused = await send();
  expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([503, '7', 'busy']);
  expect(collector.spans).toEqual([]);
  expect(collector.requests[0]).toMatchObject({ status: 503, path: '/v1/traces', payload: { spans: [expected] } });

  collector.respond({ destroy: true });
  await expect(send()).rejects.toThrow('fetch failed');

  collector.respond({ hang: true });
  const hanging = request(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  }).end(body);
  let answered = false;
  hanging.on('response', () => (answered = true)).on('error', () => {});
  await collector.waitFor(({ requests }) => requests.length === 3);
  hanging.destroy();
  expect(answered).toBe(false);

  collector.respond(({ headers }) => (headers['x-first'] ? { status: 429 } : undefined));
  expect((await post('/v1/traces', 'application/json', body, { 'x-first': '1' })).status).toBe(429);
  expect((await send()).status).toBe(200);
  collector.respond(undefined);
  expect((await send()).status).toBe(200);
  expect(await collector.waitForSpans((spans) => spans.length === 2)).toEqual([expected, expected]);
  expect(collector.requests.map(({ status }) => status)).toEqual([503, 0, 0, 429, 200, 200]);

  collector.clear();
  expect([collector.spans, collector.requests]).toEqual([[], []]);
  const waited = collector.waitForSpans(1);
  await send();
  expect(await waited).toEqual([expected]);
});
