import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setEnvironmentData } from 'node:worker_threads';
import { diag, DiagLogLevel, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { startCollector, type Collector } from '@foreshock/testkit';
import { TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpanPipeline, type Destination, type PipelineOptions } from '../src/index.ts';

const lines: string[] = [];
const closing: (() => unknown)[] = [];

beforeEach(() => {
  lines.length = 0;
  const log = (line: string): void => void lines.push(line);
  diag.setLogger(
    { error: log, warn: log, info: log, debug: log, verbose: log },
    { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  lines.length = 0;
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  diag.disable();
});

async function collector(): Promise<Collector> {
  const started = await startCollector();
  closing.push(() => started.close());
  return started;
}

type Wanted = Partial<PipelineOptions> & { destinations: Destination[] };

/** A pipeline behind the SDK's tracer; its time-outs and back-off are short. */
function start(options: Wanted) {
  const pipeline = new SpanPipeline({
    resource: { 'service.name': 'orders' },
    backoff: { firstMs: 20, maxMs: 100 },
    ...options,
  });
  const processor: SpanProcessor = pipeline;
  const provider = new TracerProvider({ spanProcessors: [processor] });
  closing.push(() => pipeline.link.close());
  const tracer = provider.getTracer('test', '1.0.0');
  const end = (name: string): void => tracer.startSpan(name).end();
  return { pipeline, provider, tracer, end };
}

const otlp = (url: string, more: object = {}): Destination => ({
  kind: 'otlp',
  url: `${url}/v1/traces`,
  timeoutMs: 5_000,
  ...more,
});

function names(at: Collector): string[] {
  return at.spans.map(({ name }) => name).toSorted();
}

/** A span that uses every part of the model. */
function endFullSpan(tracer: ReturnType<typeof start>['tracer']): void {
  const span = tracer.startSpan('GET /orders/:id', {
    kind: SpanKind.CLIENT,
    startTime: [1_763_600_000, 500_000_000],
    attributes: {
      text: 'é\ud800',
      int: 2 ** 40,
      negative: -3,
      double: 0.5,
      nan: Number.NaN,
      yes: true,
      list: ['a', 'b'],
      nothing: [],
      bytes: new Uint8Array([1, 255]),
      nested: { a: [1, { b: null }] },
    },
    links: [
      {
        context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
        attributes: { why: 'holder' },
      },
    ],
  });
  span.addEvent('pool.saturated', { peak: 3 }, [1_763_600_000, 750_000_000]);
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'no connection' });
  span.end([1_763_600_001, 0]);
}

describe('what arrives', () => {
  it('is the same span as protobuf and as JSON, plain and gzipped', async () => {
    const at = await collector();
    const variants = (['http/protobuf', 'http/json'] as const).flatMap((protocol) =>
      (['none', 'gzip'] as const).map((compression) => ({ protocol, compression })),
    );
    for (const variant of variants) {
      const { pipeline, tracer } = start({
        destinations: [otlp(at.url, { ...variant, headers: { 'x-tenant': 'a b' } })],
      });
      endFullSpan(tracer);
      expect(await pipeline.flush(50_000)).toBe(true);
    }
    expect(
      at.requests.map(({ headers }) => [headers['content-type'], headers['content-encoding'], headers['x-tenant']]),
    ).toEqual([
      ['application/x-protobuf', undefined, 'a b'],
      ['application/x-protobuf', 'gzip', 'a b'],
      ['application/json', undefined, 'a b'],
      ['application/json', 'gzip', 'a b'],
    ]);
    expect(at.errors).toEqual([]);
    expect(at.spans).toHaveLength(4);
    for (const { traceId, spanId, ...span } of at.spans) {
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(span).toEqual({
        parentSpanId: '',
        name: 'GET /orders/:id',
        kind: 'CLIENT',
        startTime: 1_763_600_000_500,
        endTime: 1_763_600_001_000,
        durationMs: 500,
        attributes: {
          text: 'é\ufffd',
          int: 2 ** 40,
          negative: -3,
          double: 0.5,
          nan: Number.NaN,
          yes: true,
          list: ['a', 'b'],
          nothing: [],
          bytes: expect.anything(),
          nested: { a: [1, { b: null }] },
        },
        events: [{ name: 'pool.saturated', time: 1_763_600_000_750, attributes: { peak: 3 } }],
        links: [
          { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', attributes: { why: 'holder' } },
        ],
        status: { code: 'ERROR', message: 'no connection' },
        flags: 0x101,
        traceState: '',
        resource: { 'service.name': 'orders' },
        scope: 'test',
        dropped: { attributes: 0, events: 0, links: 0 },
      });
      expect([...(span.attributes['bytes'] as Uint8Array)]).toEqual([1, 255]);
    }
  });

  it('is taken by Zipkin', async () => {
    const at = await collector();
    const { pipeline, tracer } = start({ destinations: [{ kind: 'zipkin', url: `${at.url}/api/v2/spans` }] });
    endFullSpan(tracer);
    expect(await pipeline.flush(50_000)).toBe(true);
    expect(at.zipkinSpans).toMatchObject([
      {
        name: 'GET /orders/:id',
        kind: 'CLIENT',
        timestamp: 1_763_600_000_500_000,
        duration: 500_000,
        localEndpoint: { serviceName: 'orders' },
      },
    ]);
  });

  it('is only what is sampled, and nothing with no destination', async () => {
    const at = await collector();
    const { pipeline } = start({ destinations: [otlp(at.url)] });
    const span = (traceFlags: number) => ({
      ...fake('a'),
      spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags }),
    });
    for (const traceFlags of [0, 1, 2, 3]) pipeline.onEnd(span(traceFlags));
    expect(await pipeline.flush(50_000)).toBe(true);
    expect(at.spans.map(({ flags }) => flags & 0xff)).toEqual([1, 3]);

    const { pipeline: none, end } = start({ destinations: [] });
    end('a');
    expect(await none.flush(1_000)).toBe(true);
    expect(none.link.worker).toBeUndefined();
  });

  it('comes without a flush when a batch is full, and after the delay when it is not', async () => {
    const at = await collector();
    const { end } = start({ destinations: [otlp(at.url)], batch: { maxExportBatchSize: 10, scheduleDelayMs: 60_000 } });
    for (let i = 0; i < 25; i++) end('a');
    expect(await at.waitForSpans(20)).toHaveLength(20);
    expect(at.requests.every(({ payload }) => payload!.spans.length <= 10)).toBe(true);

    const { end: later } = start({ destinations: [otlp(at.url)], batch: { scheduleDelayMs: 30 } });
    at.clear();
    later('b');
    await at.waitForSpans(1);
    later('c');
    await at.waitForSpans(2);
    expect(names(at)).toEqual(['b', 'c']);
  });

  it('goes over TLS with certificates that are renewed under way', async () => {
    const file = (name: string): URL => new URL(`./fixtures/tls/${name}.pem`, import.meta.url);
    const pem = (name: string): string => readFileSync(file(name), 'utf8');
    const at = await startCollector({ tls: { cert: pem('server'), key: pem('server-key') } });
    closing.push(() => at.close());
    const folder = mkdtempSync(join(tmpdir(), 'foreshock-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const ca = join(folder, 'ca.pem');
    // An unrelated certificate, as if the authority had expired.
    copyFileSync(file('client'), ca);
    const { pipeline, end } = start({ destinations: [otlp(at.url, { ca: pem('client'), pemFiles: { ca } })] });
    end('a');
    expect(await pipeline.flush(50_000)).toBe(false);
    copyFileSync(file('ca'), ca);
    await at.waitForSpans(1);
    expect(names(at)).toEqual(['a']);
  });

  it('goes through the proxy that Node is configured to use', async () => {
    const at = await collector();
    const asked: (string | undefined)[] = [];
    const proxy = await listen(
      createHttpServer((request, response) => {
        asked.push(request.url);
        request.pipe(
          httpRequest(request.url!, { method: 'POST', headers: request.headers }, (answer) => answer.pipe(response)),
        );
      }),
    );
    process.env['NODE_USE_ENV_PROXY'] = '1';
    process.env['http_proxy'] = proxy;
    closing.push(() => {
      delete process.env['NODE_USE_ENV_PROXY'];
      delete process.env['http_proxy'];
    });
    const { pipeline, end } = start({ destinations: [otlp(at.url)] });
    end('a');
    expect(await pipeline.flush(50_000)).toBe(true);
    expect(names(at)).toEqual(['a']);
    expect(asked).toEqual([`${at.url}/v1/traces`]);
  });

  it('goes over TLS without certificate checks where Node is configured so, and only there', async () => {
    const pem = (name: string): string => readFileSync(new URL(`./fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
    const at = await startCollector({ tls: { cert: pem('server'), key: pem('server-key') } });
    closing.push(() => at.close());
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    closing.push(() => {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      if (before !== undefined) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const { pipeline, end } = start({ destinations: [otlp(at.url)] });
    end('a');
    expect(await pipeline.flush(60_000)).toBe(true);
    expect(names(at)).toEqual(['a']);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '1';
    const { pipeline: mistrusting, end: endThere } = start({ destinations: [otlp(at.url)] });
    endThere('b');
    expect(await mistrusting.flush(60_000)).toBe(false);
    expect(names(at)).toEqual(['a']);
  });

  it('goes over TLS, to whom we trust, as whom we are', async () => {
    const pem = (name: string): string => readFileSync(new URL(`./fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
    const at = await startCollector({
      tls: { cert: pem('server'), key: pem('server-key'), ca: pem('ca'), requestCert: true, rejectUnauthorized: true },
    });
    closing.push(() => at.close());
    const ours = { ca: pem('ca'), cert: pem('client'), key: pem('client-key') };
    const { pipeline, end } = start({ destinations: [otlp(at.url, ours)] });
    end('a');
    expect(await pipeline.flush(50_000)).toBe(true);
    expect(names(at)).toEqual(['a']);

    const { pipeline: mistrusting, end: endThere } = start({ destinations: [otlp(at.url)] });
    endThere('b');
    expect(await mistrusting.flush(50_000)).toBe(false);
    expect(lines).toEqual([
      expect.stringMatching(/cannot be reached \((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)/),
    ]);
  });
});

/** A span as no SDK made it. */
function fake(name: string) {
  return {
    name,
    kind: 0,
    spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }),
    startTime: [1, 0] as [number, number],
    endTime: [2, 0] as [number, number],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    instrumentationScope: { name: 'fake' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

describe('a backend in trouble', () => {
  it('that answers 503, then 429, is asked again until it takes the spans; one line each way', async () => {
    const at = await collector();
    const answers = [503, 503, 429, 502, 504];
    at.respond(() => (answers.length > 0 ? { status: answers.shift()! } : undefined));
    const { end } = start({ destinations: [otlp(at.url)], batch: { scheduleDelayMs: 5 } });
    end('a');
    await at.waitForSpans(1);
    await until(() => lines.length === 2);
    expect(names(at)).toEqual(['a']);
    expect(at.requests).toHaveLength(6);
    expect(lines).toEqual([
      `foreshock: ${at.url}/v1/traces cannot be reached (HTTP 503); spans wait in memory until it answers`,
      expect.stringMatching(/answers again after \d+ s; no span was lost$/),
    ]);
  });

  it('that says when to come back is not asked earlier', async () => {
    const at = await collector();
    const header = [() => '1', () => new Date(Date.now() + 2_000).toUTCString()];
    at.respond(() => (header.length > 0 ? { status: 429, headers: { 'retry-after': header.shift()!() } } : undefined));
    const { end } = start({ destinations: [otlp(at.url)], batch: { scheduleDelayMs: 5 } });
    end('a');
    await at.waitForSpans(1);
    const [first, second, third] = at.requests.map((request) => request.at);
    expect(second! - first!).toBeGreaterThanOrEqual(990);
    expect(third! - second!).toBeGreaterThanOrEqual(990);
  });

  it.each(['0', '-1', 'Thu, 01 Jan 1970 00:00:00 GMT', 'at noon'])(
    'that says "Retry-After: %s" is not asked without a pause',
    async (header) => {
      const at = await collector();
      at.respond(() => (at.requests.length < 4 ? { status: 503, headers: { 'retry-after': header } } : undefined));
      const { end } = start({
        destinations: [otlp(at.url)],
        batch: { scheduleDelayMs: 5 },
        backoff: { firstMs: 200, maxMs: 200 },
      });
      end('a');
      await at.waitForSpans(1);
      const gaps = at.requests.slice(1).map((request, i) => request.at - at.requests[i]!.at);
      expect(gaps).toHaveLength(3);
      // Half of the delay is jitter; a clock of whole milliseconds may show one less.
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(98);
    },
  );

  it.each(['http/protobuf', 'http/json'] as const)(
    'that takes no large requests gets its spans in parts, each once, as %s',
    async (protocol) => {
      const at = await collector();
      at.respond(({ payload, body }) =>
        body.length > 9_000 || payload!.spans.length > 7
          ? { status: 413, headers: { 'content-type': 'text/plain' }, body: 'too large' }
          : undefined,
      );
      const { pipeline, tracer } = start({ destinations: [otlp(at.url, { protocol })] });
      for (let i = 0; i < 100; i++) tracer.startSpan(`s${i}`, { attributes: { text: 'x'.repeat(i) } }).end();
      tracer.startSpan('huge', { attributes: { text: 'x'.repeat(10_000) } }).end();
      expect(await pipeline.flush(50_000)).toBe(false);
      expect(names(at)).toEqual(Array.from({ length: 100 }, (_, i) => `s${i}`).toSorted());
      expect([...pipeline.dropped]).toEqual([['rejected', 1]]);
      expect(lines).toEqual([`foreshock: ${at.url}/v1/traces refused 1 span: HTTP 413, too large`]);
    },
  );

  it('that does not exist yet gets what waited once it does; its password is not logged', async () => {
    const port = await freePort();
    const { pipeline, end } = start({
      destinations: [{ kind: 'otlp', url: `http://user:secret@127.0.0.1:${port}/v1/traces?key=secret` }],
      batch: { scheduleDelayMs: 5 },
    });
    for (let i = 0; i < 30; i++) {
      end(`s${i}`);
      await pipeline.flush(50);
    }
    await until(() => lines.length > 0, 30_000);
    expect(lines).toEqual([
      `foreshock: http://127.0.0.1:${port}/v1/traces cannot be reached (ECONNREFUSED); spans wait in memory until it answers`,
    ]);
    const at = await startCollector({ port });
    closing.push(() => at.close());
    await at.waitForSpans(30);
    await until(() => lines.length === 2);
    expect(lines[1]).toMatch(/answers again after \d+ s; no span was lost$/);
    // What waited came together, not as thirty requests.
    expect(at.requests.length).toBeLessThan(5);
    expect(at.requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from('user:secret').toString('base64')}`);
    expect(at.requests[0]!.path).toBe('/v1/traces');
  });

  it('that refuses for good is not asked again; the spans are counted, and its answer is logged', async () => {
    const at = await collector();
    at.respond({
      status: 400,
      headers: { 'content-type': 'text/plain' },
      body: 'no such tenant:\n\u001b[31mboo ' + 'x'.repeat(1_000),
    });
    const { pipeline, end } = start({ destinations: [otlp(at.url)] });
    end('a');
    end('b');
    expect(await pipeline.flush(50_000)).toBe(false);
    expect(at.requests).toHaveLength(1);
    expect([...pipeline.dropped]).toEqual([['rejected', 2]]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('refused 2 spans: HTTP 400, no such tenant: [31mboo xxx');
    expect(lines[0]!.length).toBeLessThan(350);
  });

  it('that takes spans in part is believed, in both encodings', async () => {
    const at = await collector();
    const partial = Buffer.from([0x0a, 0x0c, 0x08, 0x02, 0x12, 0x08, ...Buffer.from('too late')]);
    at.respond((request) =>
      request.headers['content-type'] === 'application/json'
        ? {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'too early' } }),
          }
        : { headers: { 'content-type': 'application/x-protobuf' }, body: partial },
    );
    const { pipeline, end } = start({ destinations: [otlp(at.url), otlp(at.url, { protocol: 'http/json' })] });
    for (const name of ['a', 'b', 'c']) end(name);
    expect(await pipeline.flush(50_000)).toBe(false);
    expect([...pipeline.dropped]).toEqual([['rejected', 3]]);
    expect(lines.toSorted()).toEqual([
      `foreshock: ${at.url}/v1/traces refused 1 span: too early`,
      `foreshock: ${at.url}/v1/traces refused 2 spans: too late`,
    ]);
  });

  it('that never answers is given up after the time-out, and asked again', async () => {
    const at = await collector();
    at.respond({ hang: true });
    const { end } = start({ destinations: [otlp(at.url, { timeoutMs: 100 })], batch: { scheduleDelayMs: 5 } });
    end('a');
    await at.waitFor(({ requests }) => requests.length >= 2);
    at.respond(undefined);
    await at.waitForSpans(1);
    expect(lines[0]).toContain('cannot be reached (no answer within 100 ms)');
  });

  it('that answers a byte a second is given up after the time-out too', async () => {
    const timers = new Set<NodeJS.Timeout>();
    const asked: number[] = [];
    const server = await listen(
      createHttpServer((request, response) => {
        asked.push(performance.now());
        request.resume();
        response.writeHead(200, { 'content-type': 'application/x-protobuf' });
        response.flushHeaders();
        const timer = setInterval(() => response.write('x'), 50);
        timers.add(timer);
        response.on('close', () => clearInterval(timer));
      }),
    );
    closing.push(() => timers.forEach(clearInterval));
    const { end } = start({ destinations: [otlp(server, { timeoutMs: 300 })], batch: { scheduleDelayMs: 5 } });
    end('a');
    await until(() => asked.length >= 3);
    expect(lines).toEqual([expect.stringContaining('cannot be reached (no answer within 300 ms)')]);
  });

  it('that answers without end is not read without end', async () => {
    const server = await listen(
      createHttpServer((request, response) => {
        request.resume();
        const more = (): void => {
          while (response.write('x'.repeat(10_000)));
        };
        response.on('drain', more);
        more();
      }),
    );
    const { pipeline, end } = start({ destinations: [otlp(server)] });
    end('a');
    expect(await pipeline.flush(50_000)).toBe(true);
  });

  it('that speaks no HTTP is as good as absent', async () => {
    const server = createServer((socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    const { pipeline, end } = start({
      destinations: [otlp(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)],
    });
    end('a');
    expect(await pipeline.flush(5_000)).toBe(false);
    expect(lines).toEqual([expect.stringContaining('cannot be reached (HPE_INVALID')]);
  });

  it('that closes an idle connection just then is asked again at once, and nothing is said', async () => {
    const at = await collector();
    const { pipeline, end } = start({ destinations: [otlp(at.url)], backoff: { firstMs: 60_000, maxMs: 60_000 } });
    end('a');
    expect(await pipeline.flush(50_000)).toBe(true);
    // The first request on the kept connection is cut off, the same again on a new one is not.
    let cut = 0;
    at.respond(() => (cut++ === 0 ? { destroy: true } : undefined));
    end('b');
    expect(await pipeline.flush(50_000)).toBe(true);
    expect(cut).toBe(2);
    expect(lines).toEqual([]);
  });

  it('with a URL that cannot be used costs its spans, not the app', async () => {
    const { pipeline, end } = start({
      destinations: [
        { kind: 'otlp', url: 'nonsense' },
        { kind: 'zipkin', url: 'ftp://a/b' },
        otlp('http://127.0.0.1:9', { headers: { 'bad header': 'x' } }),
      ],
    });
    end('a');
    expect(await pipeline.flush(50_000)).toBe(false);
    expect([...pipeline.dropped]).toEqual([['rejected', 3]]);
    expect(lines.toSorted()).toEqual([
      'foreshock: ftp://a/b refused 1 span: cannot be used: not an http URL: ftp:',
      expect.stringMatching(
        /^foreshock: http:\/\/127.0.0.1:9\/v1\/traces refused 1 span: the request could not be made: /,
      ),
      'foreshock: the otlp backend refused 1 span: cannot be used: Invalid URL',
    ]);
  });
});

describe('several destinations', () => {
  it('do not wait for each other', async () => {
    const [fast, hanging] = [await collector(), await collector()];
    hanging.respond({ hang: true });
    const { end } = start({
      destinations: [otlp(hanging.url), otlp(fast.url), { kind: 'zipkin', url: `${fast.url}/api/v2/spans` }],
      batch: { maxExportBatchSize: 10 },
    });
    for (let i = 0; i < 1_000; i++) end('a');
    await fast.waitFor(({ spans, zipkinSpans }) => spans.length === 1_000 && zipkinSpans.length === 1_000);
    expect(hanging.spans).toEqual([]);
  });

  it('do not lose spans to one that is slow, however small the spool; what the slow one missed is counted', async () => {
    const [fast, hanging] = [await collector(), await collector()];
    hanging.respond({ hang: true });
    const { pipeline, end } = start({
      destinations: [otlp(hanging.url, { timeoutMs: 60_000 }), otlp(fast.url)],
      spoolBytes: 512 * 1024,
      batch: { maxExportBatchSize: 100, scheduleDelayMs: 5 },
    });
    const total = 4_000;
    for (let i = 0; i < total; i += 100) {
      for (let n = 0; n < 100; n++) end('x'.repeat(500));
      await fast.waitForSpans(i + 100);
    }
    expect(fast.spans).toHaveLength(total);
    expect(pipeline.dropped.get('spool_full')).toBeGreaterThan(1_000);
    expect([...pipeline.dropped.keys()]).toEqual(['spool_full']);
  });
});

describe('a burst', () => {
  it('of 100,000 spans in one tick is delivered as far as it fits; the rest is counted', async () => {
    const at = await collector();
    // A request that a busy machine answers late must not be sent twice: every span is counted.
    const { pipeline, tracer } = start({ destinations: [otlp(at.url, { timeoutMs: 60_000 })] });
    for (let i = 0; i < 100_000; i++) tracer.startSpan('burst', { attributes: { text: 'x'.repeat(300), i } }).end();
    await pipeline.flush(60_000);
    const dropped = pipeline.dropped.get('spool_full') ?? 0;
    expect(at.spans.length + dropped).toBe(100_000);
    expect(dropped).toBeLessThan(70_000);
    expect(new Set(at.spans.map(({ attributes }) => attributes['i'])).size).toBe(at.spans.length);
  });

  it('keeps to a limit of spans when there is one', async () => {
    const at = await collector();
    at.respond({ status: 503 });
    const { pipeline, end } = start({ destinations: [otlp(at.url)], batch: { maxQueueSize: 2_048 } });
    for (let i = 0; i < 5_000; i++) end('a');
    expect([...pipeline.dropped]).toEqual([['spool_full', 5_000 - 2_048]]);
    await at.waitFor(({ requests }) => requests.length > 0);
    at.respond(undefined);
    await at.waitForSpans(2_048);
    await until(() => lines.length === 2);
    expect(lines[1]).toMatch(/answers again after \d+ s; 2952 spans dropped: spool_full 2952$/);
  });
});

describe('the sender thread', () => {
  it('is replaced when it dies; what it held is sent by the next', async () => {
    const at = await collector();
    at.respond({ hang: true });
    const { pipeline, end } = start({ destinations: [otlp(at.url)], batch: { maxExportBatchSize: 10 } });
    for (let i = 0; i < 30; i++) end('held');
    await at.waitFor(({ requests }) => requests.length === 3);
    const first = pipeline.link.worker!;
    at.respond(undefined);
    await first.terminate();
    for (let i = 0; i < 5; i++) end('meanwhile');
    expect(pipeline.link.worker).not.toBe(first);
    await until(() => pipeline.link.worker !== undefined);
    expect(await pipeline.flush(50_000)).toBe(true);
    expect(names(at)).toEqual([
      ...Array.from({ length: 30 }, () => 'held'),
      ...Array.from({ length: 5 }, () => 'meanwhile'),
    ]);
    expect(pipeline.dropped.size).toBe(0);
  });

  it('that dies of a batch again and again loses that batch, not the next', async () => {
    const { pipeline, end } = start({
      destinations: [otlp('http://127.0.0.1:9')],
      senderUrl: new URL('./fixtures/dying-sender.mjs', import.meta.url),
    });
    end('poison');
    await pipeline.flush(100);
    await until(() => pipeline.dropped.size > 0, 10_000);
    expect([...pipeline.dropped]).toEqual([['sender_failed', 1]]);
  });

  it('that runs out of memory dies alone, and the next one is given what it held', async () => {
    setEnvironmentData('greedy-sender', new Int32Array(new SharedArrayBuffer(4)) as never);
    const { pipeline, end } = start({
      destinations: [otlp('http://127.0.0.1:9')],
      senderUrl: new URL('./fixtures/greedy-sender.mjs', import.meta.url),
    });
    end('held');
    pipeline.start();
    // A flush is over when the thread that it asked has died.
    expect(await pipeline.flush(60_000)).toBe(false);
    await until(() => pipeline.link.outstanding === 0, 60_000);
    expect(pipeline.dropped.size).toBe(0);
  });

  it('whose file is missing costs the spans and says so', async () => {
    const { pipeline, end } = start({
      destinations: [otlp('http://127.0.0.1:9')],
      senderUrl: new URL('./fixtures/no-such-file.mjs', import.meta.url),
    });
    end('a');
    await until(() => pipeline.dropped.size > 0, 10_000);
    end('b');
    expect(await pipeline.flush(1_000)).toBe(false);
    expect([...pipeline.dropped]).toEqual([['sender_failed', 2]]);
    expect(lines).toContain('foreshock: starting the sender failed, the application is not affected');
  });
});

describe('a span that cannot be read', () => {
  it('is counted, and the next one is sent', async () => {
    const at = await collector();
    const { pipeline } = start({ destinations: [otlp(at.url)] });
    const broken = {
      ...fake('broken'),
      get events(): never {
        throw new Error('boom');
      },
    };
    pipeline.onEnd(broken);
    pipeline.onEnd({ ...fake('broken'), spanContext: () => undefined as never });
    pipeline.onEnd(fake('whole'));
    expect(await pipeline.flush(50_000)).toBe(true);
    expect(names(at)).toEqual(['whole']);
    expect([...pipeline.dropped]).toEqual([['encode_error', 2]]);
  });
});

describe('shutdown', () => {
  it('delivers, ends the thread, and ignores what comes later', async () => {
    const at = await collector();
    const { pipeline, provider, end } = start({ destinations: [otlp(at.url)] });
    end('a');
    await provider.forceFlush();
    expect(names(at)).toEqual(['a']);
    end('b');
    await provider.shutdown();
    end('c');
    await pipeline.forceFlush();
    await pipeline.shutdown();
    expect(names(at)).toEqual(['a', 'b']);
    expect(pipeline.link.worker).toBeUndefined();
  });

  it('of a backend that hangs takes no longer than allowed, and says what is lost', async () => {
    const at = await collector();
    at.respond({ hang: true });
    const { pipeline, end } = start({ destinations: [otlp(at.url)], batch: { exportTimeoutMs: 200 } });
    end('a');
    await pipeline.shutdown();
    expect([...pipeline.dropped]).toEqual([['sender_failed', 1]]);
    expect(lines).toEqual(['foreshock: 1 span dropped: sender_failed 1']);
  });

  it('resolves a flush for the spans before it, while others keep coming', async () => {
    const at = await collector();
    const { pipeline, end } = start({ destinations: [otlp(at.url)], batch: { maxExportBatchSize: 10 } });
    for (let i = 0; i < 100; i++) end('before');
    const flushed = pipeline.flush(50_000);
    at.respond((request) => (request.payload?.spans.some(({ name }) => name === 'after') ? { hang: true } : undefined));
    for (let i = 0; i < 10; i++) end('after');
    expect(await flushed).toBe(true);
    expect(names(at)).toEqual(Array.from({ length: 100 }, () => 'before'));
  });
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Polls what has no event to wait for: a line in the log, a counter. */
async function until(holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline)
      throw new Error(`did not come true within ${timeoutMs} ms; said: ${lines.join(' / ')}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it('times beyond what a timer can be set to are as long as it can be: Node would warn, and take 1 ms', async () => {
  const warnings: Error[] = [];
  const noted = (warning: Error): void => void warnings.push(warning);
  process.on('warning', noted);
  closing.push(() => process.off('warning', noted));
  const at = await collector();
  const longest = Number.MAX_SAFE_INTEGER;
  const { pipeline, end } = start({
    destinations: [otlp(at.url, { timeoutMs: longest })],
    batch: { scheduleDelayMs: longest, exportTimeoutMs: longest },
    backoff: { firstMs: 20, maxMs: longest },
  });
  end('waits');
  await pipeline.forceFlush();
  expect(names(at)).toEqual(['waits']);
  await pipeline.shutdown();
  expect(warnings).toEqual([]);
});
