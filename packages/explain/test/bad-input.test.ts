import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerOf, CHECKOUT, foreshock } from './foreshock.ts';
import { lines, type Made, T0, traceOf } from './incident.ts';

const served = (name = 'GET /', service = 'shop'): Made => ({ service, name, kind: 'SERVER', at: 0, ms: 5 });
const healthy = (more: object[] = []): Buffer =>
  lines([...Array.from({ length: 100 }, (_, i) => traceOf(i * 100, served())), ...more]);

/** One span, unchanged. */
function raw(span: object): object {
  return { resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ spans: [span] }] }] };
}

const bare = {
  traceId: 'f'.repeat(32),
  name: 'x',
  kind: 2,
  startTimeUnixNano: `${T0}000000`,
  endTimeUnixNano: `${T0 + 5}000000`,
};

describe('is read, and said', () => {
  it('parents in a circle, and a span that is its own parent', async () => {
    const circle = [
      raw({ ...bare, spanId: 'a'.repeat(16), parentSpanId: 'b'.repeat(16) }),
      raw({ ...bare, spanId: 'b'.repeat(16), parentSpanId: 'a'.repeat(16) }),
      raw({ ...bare, spanId: 'c'.repeat(16), parentSpanId: 'c'.repeat(16) }),
    ];
    const { verdict, coverage } = await answerOf(['-'], healthy(circle));
    expect({ verdict, spots: coverage.blindSpots }).toEqual({
      verdict: 'healthy',
      spots: ['2 circles of parents, cut'],
    });
  });

  it('half a trace', async () => {
    const orphans = Array.from({ length: 50 }, (_, i) =>
      raw({ ...bare, kind: 3, spanId: String(i + 1000).padStart(16, '2'), parentSpanId: 'e'.repeat(16) }),
    );
    const { coverage } = await answerOf(['-'], healthy(orphans));
    expect(coverage).toMatchObject({ sampled: true });
    expect(coverage.blindSpots[0]).toBe('50 spans without the parent that they name');
  });

  it('the same spans twice', async () => {
    const once = await answerOf([CHECKOUT]);
    const twice = await answerOf([CHECKOUT, CHECKOUT]);
    expect(twice).toEqual(once);
  });

  it('spans without a name, an id or a time, ends before starts, values of any kind', async () => {
    const odd = [
      raw({ traceId: 'f'.repeat(32) }),
      raw({ ...bare, name: '', spanId: '' }),
      raw({
        ...bare,
        name: 7,
        kind: 'SPAN_KIND_SERVER',
        attributes: [{ key: 'http.route' }, null, { key: 'pool.wait_ms', value: {} }],
      }),
      raw({ ...bare, endTimeUnixNano: '1', attributes: 'none', links: [{}], events: [null, { name: 'retry.storm' }] }),
      { resourceSpans: [null, {}, { scopeSpans: [null, { spans: [null, 1] }] }] },
    ];
    const { verdict, coverage } = await answerOf(['-'], healthy(odd));
    expect({ verdict, spots: coverage.blindSpots }).toEqual({
      verdict: 'healthy',
      spots: ['1 span without a time or trace, left out'],
    });
  });

  it('10 MB in one attribute and in one name', async () => {
    const long = 'x'.repeat(10_000_000);
    const big = [
      raw({
        ...bare,
        spanId: '1'.repeat(16),
        name: long,
        attributes: [{ key: 'error.type', value: { stringValue: long } }],
      }),
    ];
    const { status, stdout } = await foreshock(['explain', '--json', '-'], healthy(big));
    expect(status).toBe(0);
    expect(stdout.length).toBeLessThan(20_000);
  });

  it('a line that was cut short, beside whole ones', async () => {
    const data = healthy();
    const { status, coverage } = await answerOf(['-'], data.subarray(0, data.length - 40));
    expect(status).toBe(0);
    expect(coverage.blindSpots).toEqual(['standard input: 1 value that hold no spans or are cut short']);
  });

  it('JSON over many lines', async () => {
    const pretty = Buffer.from(
      JSON.stringify(JSON.parse(`[${healthy().toString().trim().replaceAll('\n', ',')}]`), null, 2),
    );
    expect((await answerOf(['-'], pretty)).coverage.spans).toBe(100);
  });
});

describe('is refused with one line and status 2', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['text', Buffer.from('hello\n'), 'no OTLP in protobuf'],
    ['other JSON', Buffer.from('{"a":1}\n'), 'no OTLP, Zipkin or Jaeger spans in it'],
    ['half a gzip', gzipSync(healthy()).subarray(0, 100), 'gzip: unexpected end of file'],
    [
      'a gzip bomb',
      gzipSync(Buffer.concat([healthy(), Buffer.alloc(200_000_000, ' ')])),
      'inflates to more than 250 times its size',
    ],
  ])('%s', async (_, data, line) => {
    const { status, stdout, stderr } = await foreshock(['explain', '-'], data);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

it('terminal escapes and HTML in names reach neither a terminal nor a page', async () => {
  const evil = '\u001b[2J\u001b]0;owned\u0007<img src=x onerror=alert(1)>\u202e';
  const requests = Array.from({ length: 300 }, (_, i) => {
    const isBad = i >= 200 && i < 260;
    return traceOf(i * 100, {
      ...served(`GET /${evil}`, evil),
      ms: isBad ? 900 : 5,
      ...(isBad ? { error: evil } : {}),
    });
  });
  const { stdout } = await foreshock(['explain', '-'], lines(requests));
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(stdout).toContain('onerror');
  const page = (await foreshock(['explain', '--md', '-'], lines(requests))).stdout;
  expect(page).not.toMatch(/<img/);
});

it('clocks that are hours apart change no cause, and are said', async () => {
  const OFF_MS = 3 * 3_600_000;
  const text = gunzipSync(readFileSync(CHECKOUT)).toString().trim().split('\n');
  const later = text.map((line) => {
    if (!line.includes('"service.name","value":{"stringValue":"orders"}')) return line;
    return line.replaceAll(/UnixNano":"(\d{13})/g, (_, digits) => `UnixNano":"${Number(digits) + OFF_MS}`);
  });
  const [right, answer] = [await answerOf([CHECKOUT]), await answerOf(['-'], Buffer.from(later.join('\n')))];
  const { kind, service, resource, operation } = right.causes[0]!;
  expect(answer.causes[0]).toMatchObject({ kind, service, resource, operation });
  expect(answer.coverage.blindSpots.join()).toMatch(/clock of \w+ was 3\.0 h (slow|fast), corrected/);
});

describe('a backend', () => {
  const serve = async (answer: (path: string) => string | number): Promise<{ url: string; close(): void }> => {
    const server = createServer((req, res) => {
      const body = answer(req.url!);
      if (typeof body === 'number') return void res.writeHead(body).end();
      res.setHeader('content-type', body.startsWith('<') ? 'text/html; charset=utf-8' : 'application/json').end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
  };
  const window = ['--from', new Date(T0).toISOString(), '--to', new Date(T0 + 10_000).toISOString()];
  const spans = healthy().toString().trim().split('\n');

  it('that is a Jaeger with summaries is asked for what they name', async () => {
    const asked: string[] = [];
    const jaeger = await serve((path) => {
      asked.push(path.split('?')[0]!);
      if (path.startsWith('/api/v3/services')) return '{"services":["shop"]}';
      const ids = spans.map((line) => /"traceId":"(\w+)"/.exec(line)![1]);
      if (path.startsWith('/api/v3/trace-summaries'))
        return JSON.stringify({
          result: { summaries: ids.map((traceId) => ({ traceId, minStartTimeUnixNano: `${T0}000000` })) },
        });
      return `{"result":${spans[ids.indexOf(path.split('/').at(-1)!)]}}`;
    });
    const { coverage } = await answerOf([...window, jaeger.url]);
    jaeger.close();
    expect(coverage.spans).toBe(100);
    expect(asked.filter((path) => path.startsWith('/api/v3/traces/'))).toHaveLength(100);
  });

  it('that is an older Jaeger, and answers half, counts as far as it goes', async () => {
    let asked = 0;
    const jaeger = await serve((path) => {
      if (path.startsWith('/api/v3/services')) return '{"services":["shop"]}';
      if (!path.startsWith('/api/v3/traces?')) return 404;
      return ++asked % 2 === 0 ? 500 : spans.map((line) => `{"result":${line}}`).join('\n');
    });
    const { coverage } = await answerOf([...window, jaeger.url]);
    jaeger.close();
    expect(coverage.spans).toBe(100);
    expect(coverage.blindSpots.join()).toMatch(/Jaeger answered \d+ of 12 requests; answered 500/);
  });

  it('that is Jaeger 2.13 is asked by its names, with its page for what it lacks and 404 for no traces', async () => {
    let asked = 0;
    const jaeger = await serve((path) => {
      if (path.startsWith('/api/v3/services')) return '{"services":["shop"]}';
      if (!path.startsWith('/api/v3/traces?')) return '<!DOCTYPE html><title>Jaeger UI</title>';
      const query = new URLSearchParams(path.split('?')[1]);
      for (const name of ['service_name', 'start_time_min', 'start_time_max', 'num_traces'])
        if (!query.has(`query.${name}`)) return 400;
      return ++asked === 1 ? spans.map((line) => `{"result":${line}}`).join('\n') : 404;
    });
    const { coverage } = await answerOf([...window, jaeger.url]);
    jaeger.close();
    expect(coverage.spans).toBe(100);
    expect(coverage.blindSpots.join()).not.toContain('Jaeger');
  });

  it('that is a Zipkin gives its spans', async () => {
    const list = spans.map((_, i) => [
      {
        traceId: i.toString(16).padStart(32, '0'),
        id: i.toString(16).padStart(16, '1'),
        name: 'get /',
        kind: 'SERVER',
        timestamp: (T0 + i * 100) * 1000,
        duration: 5000,
        localEndpoint: { serviceName: 'shop' },
      },
    ]);
    const zipkin = await serve((path) => {
      if (path.startsWith('/api/v2/services')) return '["shop"]';
      return path.startsWith('/api/v2/traces') ? JSON.stringify(list) : 404;
    });
    const { coverage, verdict } = await answerOf([...window, zipkin.url]);
    zipkin.close();
    expect({ spans: coverage.spans, services: coverage.services, verdict }).toMatchObject({
      spans: 100,
      services: ['shop'],
    });
  });

  it('that is not there is one line', async () => {
    const { status, stderr } = await foreshock(['explain', 'http://127.0.0.1:1']);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^foreshock explain: http:\/\/127\.0\.0\.1:1: no answer \(.+\)\n$/),
    });
  });
});
