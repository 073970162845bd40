import { gzipSync } from 'node:zlib';
import { protobufOf } from '@foreshock/testkit';
import { describe, expect, it } from 'vitest';
import { rawExchange } from './raw-http.ts';
import { attributes, checkoutLines, request, sharedViewer, span, startViewer, type Viewer } from './viewer.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };

/** A span with everything that OTLP has. */
const WHOLE = span(0xabc, 1, {
  parentSpanId: '00000000000000ff',
  ...attributes({ text: 'ä "quoted"', whole: 7, part: 0.5, yes: true, far: '…' }),
  events: [{ timeUnixNano: '1790002748001000000', name: 'error.logged', ...attributes({ message: 'no' }) }],
  links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), ...attributes({ why: 'held' }) }],
  status: { code: 2, message: 'broke' },
});

const TRACE = '0'.repeat(29) + 'abc';

async function expectWhole(viewer: Viewer): Promise<void> {
  expect(await viewer.trace(TRACE)).toEqual({
    spans: [
      {
        spanId: '0000000000000001',
        parentId: '00000000000000ff',
        service: 'orders',
        name: 'GET /orders',
        kind: 2,
        start: 1_790_002_748_000,
        durationMs: 10,
        status: 2,
        summary: { events: [1], link: { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16) } },
        statusMessage: 'broke',
        attributes: { text: 'ä "quoted"', whole: 7, part: 0.5, yes: true, far: '…' },
        events: [{ time: 1_790_002_748_001, name: 'error.logged', attributes: { message: 'no' } }],
        links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), attributes: { why: 'held' } }],
        scope: 'test',
        resource: { 'service.name': 'orders' },
      },
    ],
    logs: [],
    criticalPath: [{ spanId: '0000000000000001', from: 1_790_002_748_000, to: 1_790_002_748_010 }],
    heldBy: [],
  });
}

describe('what exporters send', () => {
  const json = request([WHOLE]);
  const protobuf = protobufOf('/v1/traces', Buffer.from(json));

  it.each([
    ['JSON', Buffer.from(json), {}],
    ['JSON, gzipped', gzipSync(json), { 'content-encoding': 'gzip' }],
    ['protobuf', protobuf, PROTOBUF],
    ['protobuf, gzipped', gzipSync(protobuf), { ...PROTOBUF, 'content-encoding': 'gzip' }],
  ])('is kept whole: %s', async (_, body, headers) => {
    const viewer = await startViewer();
    const sent = await viewer.post('/v1/traces', body, { 'content-type': 'application/json', ...headers });
    expect(sent.status).toBe(200);
    await expectWhole(viewer);
  });

  it.each(['JSON', 'protobuf'])('is refused in part, and its exporter is informed: %s', async (format) => {
    const viewer = await startViewer();
    const body = Buffer.from(request([WHOLE, span(0, 1), span(7, 0)]));
    const answer =
      format === 'JSON'
        ? await viewer.post('/v1/traces', body)
        : await viewer.post('/v1/traces', protobufOf('/v1/traces', body), PROTOBUF);
    expect(answer.status).toBe(200);
    const message = '2 without a valid id or time';
    if (format === 'JSON')
      expect(await answer.json()).toEqual({ partialSuccess: { rejectedSpans: '2', errorMessage: message } });
    else {
      // As `ExportTraceServiceResponse` of opentelemetry-proto 1.x: partial_success = 1 { rejected_spans = 1, error_message = 2 }.
      const inner = Buffer.concat([Buffer.from([8, 2, 18, message.length]), Buffer.from(message)]);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.concat([Buffer.from([10, inner.length]), inner]));
    }
    await expectWhole(viewer);
  });

  it('counts once, however often it is sent', async () => {
    const viewer = await startViewer();
    for (let i = 0; i < 3; i++) await viewer.send(WHOLE);
    expect(await viewer.api('status')).toMatchObject({ spans: 1, traces: 1 });
    expect((await viewer.api('traces')).traces).toMatchObject([{ spans: 1, errors: 1, status: 'error' }]);
  });

  it('is a trace with its log lines, and metrics are thanked for', async () => {
    const viewer = await startViewer();
    await viewer.send(WHOLE);
    const logs = {
      resourceLogs: [
        {
          resource: attributes({ 'service.name': 'orders' }),
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: '1790002748002000000',
                  severityNumber: 17,
                  body: { stringValue: 'card declined' },
                  traceId: TRACE,
                  spanId: '0000000000000001',
                  ...attributes({ user: 3 }),
                },
                { timeUnixNano: '1790002748002000000', body: { stringValue: 'of no trace' } },
              ],
            },
          ],
        },
      ],
    };
    const body = protobufOf('/v1/logs', Buffer.from(JSON.stringify(logs)));
    expect((await viewer.post('/v1/logs', body, PROTOBUF)).status).toBe(200);
    expect((await viewer.post('/v1/metrics', Buffer.from([1, 2, 3]), PROTOBUF)).status).toBe(200);
    expect((await viewer.trace(TRACE)).logs).toEqual([
      {
        time: 1_790_002_748_002,
        severity: 'ERROR',
        body: 'card declined',
        spanId: '0000000000000001',
        service: 'orders',
        attributes: { user: 3 },
      },
    ]);
    expect((await viewer.api('traces?q=declined')).traces).toHaveLength(1);
    expect(await viewer.api('status')).toMatchObject({ spans: 1, logs: 1 });
  });

  it("is Zipkin's, whose server may share the client's id", async () => {
    const viewer = await startViewer();
    const common = { traceId: 'a'.repeat(16), timestamp: 1_790_000_000_000_000, duration: 5_000 };
    const spans = [
      { ...common, id: 'b'.repeat(16), kind: 'CLIENT', name: 'get', localEndpoint: { serviceName: 'shop' } },
      {
        ...common,
        id: 'b'.repeat(16),
        kind: 'SERVER',
        name: 'get /orders',
        shared: true,
        localEndpoint: { serviceName: 'orders' },
        tags: { error: 'no stock', 'pool.wait_ms': '12.5' },
      },
      {
        ...common,
        id: 'c'.repeat(16),
        parentId: 'b'.repeat(16),
        name: 'work',
        // Unknown, and a property of each object.
        kind: 'constructor',
        localEndpoint: { serviceName: 'orders' },
        annotations: [
          { timestamp: common.timestamp, value: 'cache.stampede' },
          { timestamp: common.timestamp, value: 'cache.stampede {"callers":3}' },
          { timestamp: common.timestamp, value: 'said {not json' },
        ],
      },
    ];
    const sent = await viewer.post('/api/v2/spans', JSON.stringify(spans));
    expect(sent.status).toBe(202);
    const trace = await viewer.trace('a'.repeat(16).padStart(32, '0'));
    const byName = Object.fromEntries(trace.spans.map((each: any) => [each.name, each]));
    expect(byName['get']).toMatchObject({
      spanId: '3bbbbbbbbbbbbbbb',
      parentId: null,
      service: 'shop',
      kind: 3,
    });
    expect(byName['get /orders']).toMatchObject({
      spanId: 'bbbbbbbbbbbbbbbb',
      parentId: '3bbbbbbbbbbbbbbb',
      status: 2,
      statusMessage: 'no stock',
      attributes: { 'pool.wait_ms': 12.5 },
    });
    expect(byName['work']).toMatchObject({ parentId: 'bbbbbbbbbbbbbbbb', kind: 1 });
    expect(byName['work'].events.map(({ name, attributes }: any) => [name, attributes])).toEqual([
      ['cache.stampede', { callers: 3 }],
      ['said {not json', {}],
    ]);
  });

  it('is said to the pages that are open', async () => {
    const viewer = await startViewer();
    const events = await fetch(new URL('/api/events', viewer.url));
    await viewer.send(WHOLE);
    let text = '';
    for await (const chunk of events.body!) {
      text += Buffer.from(chunk).toString();
      if (text.includes('data: ')) break;
    }
    expect(JSON.parse(/data: (.*)/.exec(text)![1]!)).toEqual({
      seq: 1,
      spans: 1,
      traces: 1,
      newest: 1_790_002_748_010,
    });
  });
});

describe('hostile input', () => {
  const shared = sharedViewer();

  it('is a whole trace nevertheless: cycles, orphans, no names, ids twice, 1970 and 2554', async () => {
    const viewer = await startViewer();
    const huge = 'x'.repeat(10_000_000);
    const long = { startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '18446744073709551615' };
    await viewer.send(
      span(1, 1, { parentSpanId: '0000000000000002' }),
      span(1, 2, { parentSpanId: '0000000000000001' }),
      span(1, 3, { parentSpanId: '0000000000000003' }),
      span(1, 4, { parentSpanId: '00000000000000ff', name: '' }),
      span(1, 5, { name: undefined, attributes: undefined, kind: 99, status: { code: 'x' } }),
      span(1, 6, { startTimeUnixNano: '0', endTimeUnixNano: '0' }),
      span(1, 7, long),
      span(1, 8, { endTimeUnixNano: '5' }),
      span(1, 9, attributes({ huge, ['__proto__']: 'kept', constructor: 'kept' })),
      span(1, 10, { traceId: '', spanId: 'zz' }),
      span(1, 11, { traceId: 7, events: 'no', links: [null, 3], attributes: [null, { key: 3 }] }),
    );
    const trace = await viewer.trace('00000000000000000000000000000001');
    expect(
      trace.spans.map(({ spanId }: any) => Number.parseInt(spanId, 16)).toSorted((a: any, b: any) => a - b),
    ).toEqual([1, 2, 3, 4, 5, 6, 8, 9]);
    const cut = trace.spans.find(({ spanId }: any) => spanId === '0000000000000009').attributes;
    expect(cut.huge).toHaveLength(16_384 + '… (cut)'.length);
    expect(Object.keys(cut)).toEqual(['huge', '__proto__', 'constructor']);
    expect(await viewer.api('status')).toMatchObject({ spans: 8, invalidRecords: 3 });
    expect(await viewer.api('graph')).toMatchObject({ nodes: [{ label: 'orders' }], cycles: [] });
  });

  it.each([
    ['no protobuf', Buffer.from('not protobuf'), PROTOBUF, 400],
    ['half of it', protobufOf('/v1/traces', Buffer.from(request([WHOLE]))).subarray(0, 50), PROTOBUF, 400],
    ['no JSON', Buffer.from('{"resourceSpans":'), { 'content-type': 'application/json' }, 400],
    ['no gzip', Buffer.from('{}'), { ...PROTOBUF, 'content-encoding': 'gzip' }, 400],
    ['a gzip bomb', gzipSync(Buffer.alloc(300 * 1024 * 1024)), { ...PROTOBUF, 'content-encoding': 'gzip' }, 413],
    ['an encoding that nobody knows', Buffer.from('x'), { ...PROTOBUF, 'content-encoding': 'lzw' }, 415],
    // What a form of another site could send without asking.
    ['text', Buffer.from(request([WHOLE])), { 'content-type': 'text/plain' }, 415],
  ])('is refused with one line: %s', async (_, body, headers, status) => {
    const viewer = shared();
    const answer = await viewer.post('/v1/traces', body, headers);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ code: status, message: expect.stringMatching(/^[^\n]+$/) });
    await viewer.send(WHOLE);
    expect(await viewer.api('status')).toMatchObject({ spans: 1 });
  });

  it('is refused before it is read where it says that it is too long', async () => {
    const viewer = shared();
    const head = `POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:${viewer.port}\r\nContent-Type: application/json\r\n`;
    expect(await rawExchange(viewer.port, `${head}Content-Length: 99999999999\r\n\r\n{`)).toMatch(/^HTTP\/1.1 413 /);
  });
});

it('shows the recorded incident with its paragraph, pools, graph and holders', async () => {
  const viewer = await startViewer();
  for (const line of checkoutLines()) expect((await viewer.post('/v1/traces', line)).status).toBe(200);
  // Clients that need a complete answer wait for the first one.
  const pools = await viewer.api('pools');
  expect(pools.pools).toMatchObject([{ service: 'orders', pool: 'orders', limit: 5, windows: [{ pendingMax: 52 }] }]);
  const answer = await viewer.api('answer');
  expect(answer.report).toMatchObject({ schema: 'foreshock.explain/1', verdict: 'shown' });
  expect(answer.paragraph.join(' ')).toBe(answer.report.text);
  expect(answer.paragraph[0]).toMatch(/^`GET \/report` kept the connections of pool orders .*\.$/);
  const graph = await viewer.api('graph');
  expect(graph.edges.map(({ from, to, by }: any) => `${from} –${by}→ ${to}`)).toEqual(
    expect.arrayContaining([
      'service gateway –call→ service orders',
      'service orders –wait→ pool orders orders',
      'service orders –call→ database postgresql orders',
      'service orders –queue→ queue payments',
      'queue payments –queue→ service worker',
      'service worker –call→ service payments',
    ]),
  );
  const [waited] = (await viewer.api('traces?limit=1&q=pool.wait_ms>1000')).traces;
  const { heldBy } = await viewer.trace(waited.traceId);
  const held = heldBy.find(({ holderSpanId }: any) => holderSpanId !== null);
  const holder = await viewer.api(`traces/${held.traceId}`);
  expect(holder.spanIds).toContain(held.holderSpanId);
});
