import { fileURLToPath } from 'node:url';
import { runFixture, startPostgres } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { need, orUnavailable } from './available.ts';
import { startJaeger, type Jaeger } from './jaeger.ts';
import { read, Unavailable, until } from './obtain.ts';
import {
  firstPageOfJaeger,
  foundInJaeger,
  foundInZipkin,
  linksInJaeger,
  traceInJaeger,
  traceInZipkin,
  tree,
  warningsInJaeger,
  type ReadSpan,
} from './read-trace.ts';
import { startZipkin, type Zipkin } from './zipkin.ts';

const ARRIVAL_LIMIT_MS = 20_000;

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

let zipkin: Zipkin | Unavailable;
let jaeger: Jaeger | Unavailable;
/** Sends to both, or to the one that is there. */
let exporters: Record<string, string>;

beforeAll(async () => {
  [zipkin, jaeger] = await Promise.all([orUnavailable(startZipkin()), orUnavailable(startJaeger())]);
  const names: string[] = [];
  exporters = {};
  if (!(jaeger instanceof Unavailable)) {
    stops.push(jaeger.stop);
    names.push('otlp');
    exporters['OTEL_EXPORTER_OTLP_ENDPOINT'] = jaeger.otlp;
  }
  if (!(zipkin instanceof Unavailable)) {
    stops.push(zipkin.stop);
    names.push('zipkin');
    exporters['OTEL_EXPORTER_ZIPKIN_ENDPOINT'] = `${zipkin.url}/api/v2/spans`;
  }
  exporters['OTEL_TRACES_EXPORTER'] = names.join() || 'none';
});

/** Asks again until the trace holds so many spans. */
function whole(readTrace: () => Promise<ReadSpan[]>, count: number): Promise<ReadSpan[]> {
  return until('the arrival of the trace', ARRIVAL_LIMIT_MS, async () => {
    const spans = await readTrace();
    if (spans.length < count) throw new Error(`${spans.length} of ${count} spans:\n${tree(spans, nameOf).join('\n')}`);
    return spans;
  });
}

const nameOf = ({ service, kind, name }: ReadSpan): string => `${service} ${kind} ${name}`;

describe('two services and a pool of one', () => {
  // Different in their last 16 digits too: Zipkin's dependency linker looks no further.
  const CHECKOUT = '0af7651916cd43dd8448eb211c80319c';
  const BROKEN = '4bf92f3577b34da6a3ce929d0e0e4736';
  let database: string;

  beforeAll(async () => {
    const postgres = await startPostgres();
    stops.push(() => postgres.stop());
    ({ database } = postgres);
    const start = async (file: string, env: Record<string, string>) => {
      const service = await runFixture(new URL(`./fixtures/${file}.mjs`, import.meta.url), {
        preload: 'import',
        env: { ...exporters, ...env },
      });
      const { port } = await service.ready;
      return { service, url: `http://127.0.0.1:${port}` };
    };
    const orders = await start('orders', { DATABASE_URL: postgres.url });
    const gateway = await start('gateway', { ORDERS_URL: orders.url });
    const ask = async (path: string, traceId: string): Promise<void> => {
      const answer = await fetch(`${gateway.url}${path}`, { headers: { 'x-trace-id': traceId } });
      await answer.text();
    };
    await ask('/checkout', 'order-42');
    await ask('/checkout', CHECKOUT);
    await ask('/broken', BROKEN);
    for (const { service } of [gateway, orders]) {
      const { stderr } = await service.stop();
      if (stderr) throw new Error(stderr);
    }
  });

  /** `service kind name`, what is on the other side, and what went wrong. */
  const expected = {
    [CHECKOUT]: [
      'gateway SERVER GET',
      '  gateway CLIENT GET → 127.0.0.1',
      '    orders SERVER GET',
      '      orders INTERNAL pool.acquire db',
      '      orders CLIENT SELECT → postgresql',
      '      orders CLIENT SELECT orders → postgresql',
    ],
    [BROKEN]: [
      'gateway SERVER GET ! 502',
      '  gateway CLIENT GET → 127.0.0.1 ! 500',
      '    orders SERVER GET ! 500',
      '      orders CLIENT SELECT nowhere → postgresql ! 42P01',
    ],
  };
  const lineOf = (span: ReadSpan): string => {
    const remote = span.remote === undefined ? '' : ` → ${span.remote}`;
    const error = span.error === undefined ? '' : ` ! ${String(span.tags['error.type'])}`;
    return `${nameOf(span).replace(database, 'db')}${remote}${error}`;
  };

  it.for([CHECKOUT, BROKEN] as const)('Zipkin gives trace %s back whole', async (traceId, context) => {
    const { url } = need(zipkin, context);
    const spans = await whole(() => traceInZipkin(url, traceId), expected[traceId].length);
    // Zipkin keeps names in lower case.
    const lowered = expected[traceId].map((line) =>
      line.replace(/^( *\w+ \w+ )(.*?)(?= →| !|$)/, (_, start: string, name: string) => start + name.toLowerCase()),
    );
    expect(tree(spans, lineOf)).toEqual(lowered);
  });

  it.for([CHECKOUT, BROKEN] as const)('Jaeger gives trace %s back whole', async (traceId, context) => {
    const { url } = need(jaeger, context);
    const spans = await whole(() => traceInJaeger(url, traceId), expected[traceId].length);
    expect(tree(spans, lineOf).map((line) => line.replace(/(?<=127\.0\.0\.1):\d+/, ''))).toEqual(expected[traceId]);
    expect(await warningsInJaeger(url, traceId)).toEqual([]);
  });

  it('Jaeger’s search finds a trace by its caller’s x-trace-id', async (context) => {
    const { url } = need(jaeger, context);
    await whole(() => traceInJaeger(url, CHECKOUT), expected[CHECKOUT].length);
    expect(await foundInJaeger(url, 'orders', 'x_trace_id', 'order-42')).toBe(1);
    expect(await foundInJaeger(url, 'orders', 'x_trace_id', 'order-43')).toBe(0);
  });

  it('Zipkin’s search finds a trace by its caller’s x-trace-id', async (context) => {
    const { url } = need(zipkin, context);
    await whole(() => traceInZipkin(url, CHECKOUT), expected[CHECKOUT].length);
    expect(await foundInZipkin(url, 'x_trace_id=order-42')).toBe(1);
    expect(await foundInZipkin(url, 'x_trace_id=order-43')).toBe(0);
  });

  it('Zipkin draws who calls whom, the database too', async (context) => {
    const { url } = need(zipkin, context);
    await whole(() => traceInZipkin(url, CHECKOUT), expected[CHECKOUT].length);
    await whole(() => traceInZipkin(url, BROKEN), expected[BROKEN].length);
    const links: any[] = await read(`${url}/api/v2/dependencies?endTs=${Date.now()}&lookback=600000`);
    const byName = links.toSorted((a, b) => a.parent.localeCompare(b.parent));
    expect(byName).toEqual([
      { parent: 'gateway', child: 'orders', callCount: 3, errorCount: 1 },
      // Before the three requests: CREATE TABLE.
      { parent: 'orders', child: 'postgresql', callCount: 6, errorCount: 1 },
    ]);
  });
});

describe('the demo', () => {
  let traceId: string;

  beforeAll(async () => {
    const demo = await runFixture(fileURLToPath(new URL('../../examples/checkout/run.mjs', import.meta.url)), {
      preload: 'none',
      env: exporters,
      // It prints no READY: it ends.
      readyTimeoutMs: 150_000,
    });
    const { code, stdout, stderr } = await demo.exited;
    if (code !== 0 || stderr) throw new Error(`the demo ended with ${code}\n${stdout}\n${stderr}`);
    traceId = /The worst of \d+ checkouts, trace ([0-9a-f]{32})/.exec(stdout)![1]!;
  });

  const SERVICES = ['gateway', 'orders', 'payments', 'worker'];

  /** Asks again until nothing is missing that the trace itself names. */
  const complete = (readTrace: () => Promise<ReadSpan[]>): Promise<ReadSpan[]> =>
    until('the arrival of the trace', ARRIVAL_LIMIT_MS, async () => {
      const spans = await readTrace();
      const lines = tree(spans, nameOf);
      const lost = lines.filter((line) => line.startsWith('lost: '));
      const services = [...new Set(spans.map(({ service }) => service))].toSorted();
      if (lost.length > 0 || services.join() !== SERVICES.join()) throw new Error(lines.join('\n'));
      return spans;
    });

  const check = (spans: readonly ReadSpan[]): void => {
    expect(spans.filter(({ parentId }) => parentId === '').map(nameOf)).toEqual([
      expect.stringMatching(/^gateway SERVER post \/checkout$/i),
    ]);
    expect(spans.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^pool\.acquire /));
    expect(spans.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['PRODUCER', 'CONSUMER']));
    for (const { error, tags } of spans) expect(error !== undefined).toBe(tags['otel.status_code'] === 'ERROR');
  };

  it('Zipkin gives its worst trace back whole, with a name on the other side of every call', async (context) => {
    const { url } = need(zipkin, context);
    const spans = await complete(() => traceInZipkin(url, traceId));
    check(spans);
    const calls = spans.filter(({ kind }) => kind === 'CLIENT' || kind === 'PRODUCER' || kind === 'CONSUMER');
    expect(calls.filter(({ remote }) => !remote).map(nameOf)).toEqual([]);
  });

  it('Zipkin draws the queue between the services, and the database once', async (context) => {
    const { url } = need(zipkin, context);
    await complete(() => traceInZipkin(url, traceId));
    const links: any[] = await read(`${url}/api/v2/dependencies?endTs=${Date.now()}&lookback=600000`);
    const edges = links.map(({ parent, child }) => `${parent} → ${child}`).toSorted();
    expect(edges).toEqual([
      'gateway → orders',
      'orders → pg-boss',
      'orders → postgresql',
      'pg-boss → worker',
      'worker → payments',
    ]);
  });

  it('Jaeger gives its worst trace back whole, without a warning', async (context) => {
    const { url } = need(jaeger, context);
    const spans = await complete(() => traceInJaeger(url, traceId));
    check(spans);
    expect(await warningsInJaeger(url, traceId)).toEqual([]);
  });

  it('Jaeger leads from the wait to who kept the connection', async (context) => {
    const { url } = need(jaeger, context);
    const spans = await complete(() => traceInJaeger(url, traceId));
    const waits = spans.filter(({ name }) => name.startsWith('pool.acquire '));
    const links = await linksInJaeger(url, traceId);
    const [holder] = waits.flatMap(({ id }) => links.get(id) ?? []);
    const [holderTrace, holderSpan] = holder!.split(' ');
    const there = await traceInJaeger(url, holderTrace!);
    expect(there.filter(({ id }) => id === holderSpan).map(nameOf)).toEqual(['orders SERVER GET /report']);
  });

  it.for(SERVICES)('Jaeger’s first page of %s has whole requests, most of them not red', async (service, context) => {
    const { url } = need(jaeger, context);
    await complete(() => traceInJaeger(url, traceId));
    const page = await firstPageOfJaeger(url, service);
    expect(page.length).toBeGreaterThan(10);
    expect(page.filter(({ root }) => !/^(?:GET|POST) \//.test(root))).toEqual([]);
    expect(page.filter(({ isRed }) => isRed).length).toBeLessThan(page.length / 2);
  });

  it.for([
    ['orders', 'pool.wait_reason', 'queue'],
    ['worker', 'circuitbreaker.state', 'open'],
    ['worker', 'retry.attempt', '2'],
    ['orders', 'peer.service', 'postgresql'],
  ] as const)('Jaeger’s search finds traces of %s by %s=%s', async ([service, attribute, value], context) => {
    const { url } = need(jaeger, context);
    await complete(() => traceInJaeger(url, traceId));
    expect(await foundInJaeger(url, service, attribute, value)).toBeGreaterThan(0);
  });

  it.for([
    'pool.wait_reason=queue',
    'circuitbreaker.state=open',
    'retry.attempt=2',
    'circuitbreaker.transition',
    'retry.summary',
  ])('Zipkin’s search finds traces by %s', async (query, context) => {
    const { url } = need(zipkin, context);
    await complete(() => traceInZipkin(url, traceId));
    expect(await foundInZipkin(url, query)).toBeGreaterThan(0);
  });

  it('both have the same spans under the same parents', async (context) => {
    const { url: zipkinUrl } = need(zipkin, context);
    const { url: jaegerUrl } = need(jaeger, context);
    const pairs = (spans: readonly ReadSpan[]): string[] =>
      spans.map(({ id, parentId }) => `${id} ${parentId}`).toSorted();
    const inJaeger = pairs(await complete(() => traceInJaeger(jaegerUrl, traceId)));
    await whole(() => traceInZipkin(zipkinUrl, traceId), inJaeger.length);
    expect(pairs(await traceInZipkin(zipkinUrl, traceId))).toEqual(inJaeger);
  });

  // The last: Jaeger's memory keeps the warnings of each reading.
  it('`explain --watch` of Jaeger names what kept the connections, until SIGINT', async (context) => {
    const { url } = need(jaeger, context);
    const bin = fileURLToPath(new URL('../../packages/foreshock/bin/foreshock.js', import.meta.url));
    const watching = await runFixture(bin, { preload: 'none', args: ['explain', url, '--watch', '--json'] });
    const answer = JSON.parse(await watching.waitForLine('stdout', (line) => line.includes('GET /report')));
    expect(answer.causes[0]).toMatchObject({ service: 'orders', operation: expect.stringContaining('GET /report') });
    watching.kill('SIGINT');
    expect(await watching.exited).toMatchObject({ code: 0, signal: null });
  });
});
