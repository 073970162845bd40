import {
  checkMetrics,
  freePort,
  runFixture,
  startCollector,
  startMariaDb,
  startMemcached,
  startPostgres,
  startPrometheus,
  startRabbitMq,
  startRedis,
  type Fixture,
} from '@foreshock/testkit';
import { createConnection } from 'mysql2/promise';
import { connect, createServer, type Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';

interface App {
  readonly app: Fixture;
  readonly admin: string;
  /** Of the application itself. */
  readonly get: (path: string) => Promise<number>;
}

async function start(env: Record<string, string> = {}): Promise<App> {
  const adminPort = await freePort();
  const app = await runFixture(new URL('fixtures/admin.cjs', import.meta.url), {
    env: { OTEL_LOG_LEVEL: 'debug', FORESHOCK_ADMIN_PORT: String(adminPort), ...env },
  });
  const { port } = await app.ready;
  await app.waitForLine('stderr', (line) => line.includes('/metrics, /healthz and /readyz at'));
  const get = async (path: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    await response.text();
    return response.status;
  };
  return { app, admin: `http://127.0.0.1:${adminPort}`, get };
}

async function scrape(admin: string, accept = 'text/plain'): Promise<string> {
  const response = await fetch(`${admin}/metrics`, { headers: { accept } });
  expect(response.status).toBe(200);
  return response.text();
}

/** The value of the first line that begins so and contains all of these. */
function valueOf(text: string, name: string, ...parts: string[]): number | undefined {
  const line = text
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) && parts.every((part) => each.includes(part)));
  return line === undefined ? undefined : Number(line.split('} ')[1]?.split(' ')[0]);
}

async function healthOf(url: string): Promise<{ code: number; body: any }> {
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('application/health+json');
  return { code: response.status, body: await response.json() };
}

/** Asks again, as answers are kept for a second. */
function untilHealth(url: string, isMeant: (answer: { code: number; body: any }) => boolean): Promise<any> {
  return vi.waitFor(
    async () => {
      const answer = await healthOf(url);
      expect(answer).toSatisfy(isMeant);
      return answer.body;
    },
    { interval: 100, timeout: 60_000 },
  );
}

it('gives a real Prometheus rates, errors and p95 of each route, with exemplars', { timeout: 120_000 }, async () => {
  const { admin, get } = await start({ OTEL_TRACES_EXPORTER: 'console' });
  for (let i = 0; i < 20; i++) await get(`/orders/${i}`);
  expect(await get('/fails')).toBe(500);
  const prometheus = await startPrometheus(admin.slice('http://'.length));
  try {
    const name = 'http_server_request_duration_seconds';
    const query = async (text: string): Promise<any[]> => (await prometheus.query('query', { query: text })).result;
    const requests = `${name}_count{http_route="/orders/:id",http_response_status_code="200"}`;
    // A loaded machine may miss a scrape.
    await vi.waitFor(
      async () => {
        expect((await query('up'))[0].value[1]).toBe('1');
        expect(await query(requests)).not.toEqual([]);
      },
      { interval: 100, timeout: 60_000 },
    );
    expect((await query(requests))[0].value[1]).toBe('20');
    expect((await query(`${name}_count{http_route="/fails",error_type="500"}`))[0].value[1]).toBe('1');
    const p95 = await query(`histogram_quantile(0.95, sum by (le, http_route) (${name}_bucket))`);
    expect(p95.map(({ metric }) => metric.http_route).toSorted()).toEqual(['/fails', '/orders/:id']);
    for (const { value } of p95) expect(Number(value[1])).toBeGreaterThan(0);
    for (const metric of ['process_cpu_time_seconds_total', 'nodejs_eventloop_delay_p99_seconds', 'target_info']) {
      expect(await query(metric)).not.toEqual([]);
    }
    const exemplars = await prometheus.query('query_exemplars', {
      query: `${name}_bucket`,
      start: String(Date.now() / 1_000 - 600),
      end: String(Date.now() / 1_000 + 600),
    });
    const labels = exemplars.flatMap((series: any) => series.exemplars.map((exemplar: any) => exemplar.labels));
    expect(labels[0]).toEqual({
      trace_id: expect.stringMatching(/^[\da-f]{32}$/),
      span_id: expect.stringMatching(/^[\da-f]{16}$/),
    });
  } finally {
    await prometheus.stop();
  }
});

it('writes what promtool accepts, whatever the application measures', async () => {
  const { admin, get } = await start();
  await get('/orders/1');
  await get('/hostile');
  const text = await scrape(admin);
  // Of a name in the semantic conventions.
  const expected = /^process_open_file_descriptor_count non-histogram .* should not have "_count" suffix$/;
  expect(checkMetrics(text).filter((line) => !expected.test(line))).toEqual([]);
  expect(text).toContain(
    'app_hostile_total{a_b="x\\"\\n\\\\\uFFFD\uFFFD;joined",key_1st="1",_name__="taken",key_le="bucket"',
  );
  expect(text.length).toBeLessThan(100_000);
  const open = await scrape(admin, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  expect(open.endsWith('# EOF\n')).toBe(true);
  expect(open).toContain('# TYPE app_hostile counter\n');
  expect(open).toContain('# UNIT http_server_request_duration_seconds seconds\n');
});

it('bounds the series of a metric over all scrapes, and counts what is folded', async () => {
  const { admin, get } = await start();
  for (let i = 0; i < 3; i++) {
    await get('/routes/1500');
    await scrape(admin);
  }
  const text = await scrape(admin);
  expect(text.match(/^app_routes_seconds_count/gm)).toHaveLength(1_999);
  expect(valueOf(text, 'app_routes_seconds_count', 'otel_metric_overflow="true"')).toBe(4_500 - 1_998);
  expect(valueOf(text, 'foreshock_measurements_folded_total', 'foreshock_metric="app.routes"')).toBe(4_500 - 1_998);
});

it('has the metrics of worker threads, by numbers that are used again', async () => {
  const { admin, get } = await start();
  const jobs = (text: string): string[] => text.match(/^app_jobs_total.*$/gm) ?? [];
  const line = (worker: number): string =>
    `app_jobs_total{kind="report",otel_scope_name="app",foreshock_worker="${worker}"} 1`;
  // Its worker ends with it.
  await get('/worker');
  await get('/worker-of-worker');
  await get('/workers-end');
  for (let i = 0; i < 2; i++) {
    await get('/worker');
    await get('/worker');
    // On a busy machine one may answer too late.
    const text = await vi.waitFor(
      async () => {
        const scraped = await scrape(admin);
        expect(jobs(scraped).toSorted()).toEqual([line(1), line(2)]);
        return scraped;
      },
      { interval: 100, timeout: 20_000 },
    );
    expect(valueOf(text, 'v8js_memory_heap_used_bytes', 'old_space', 'foreshock_worker="2"')).toBeGreaterThan(0);
    expect(text.match(/^process_cpu_time_seconds_total/gm)).toHaveLength(2);
    expect(checkMetrics(text).filter((each) => !each.startsWith('process_open_file_descriptor_count'))).toEqual([]);
    await get('/workers-end');
    expect(jobs(await scrape(admin))).toEqual([]);
  }
  await get('/worker');
  await get('/worker');
  await get('/worker-blocks');
  // The scrape does not wait for it.
  await vi.waitFor(
    async () => {
      const open = await scrape(admin, 'application/openmetrics-text;version=1.0.0');
      expect(jobs(open)).toEqual([line(2)]);
      expect(open.match(/^# EOF$/gm)).toHaveLength(1);
    },
    { interval: 100, timeout: 20_000 },
  );
});

it('shows the peaks since the last scrape, to each scraper its own', { timeout: 120_000 }, async () => {
  const postgres = await startPostgres();
  const { admin, get } = await start({ POSTGRES_URL: postgres.url });
  const as = async (scraper: string): Promise<string> => (await fetch(`${admin}/metrics?${scraper}`)).text();
  const peaks = (text: string): (number | undefined)[] => [
    valueOf(text, 'db_client_connection_count_peak', 'state="used"'),
    valueOf(text, 'db_client_connection_count', 'state="used"'),
    valueOf(text, 'db_client_connection_pending_requests_peak'),
    valueOf(text, 'db_client_connection_pending_requests', ''),
  ];
  await get('/burst');
  expect(peaks(await as('one'))).toEqual([2, 0, 3, 0]);
  expect(peaks(await as('one'))).toEqual([0, 0, 0, 0]);
  await get('/burst');
  expect(peaks(await as('one'))).toEqual([2, 0, 3, 0]);
  expect(peaks(await as('two'))).toEqual([2, 0, 3, 0]);
  const text = await as('one');
  expect(valueOf(text, 'http_server_active_requests_peak', 'GET')).toBe(0);
  await get('/orders/1');
  expect(valueOf(await as('one'), 'http_server_active_requests_peak', 'GET')).toBe(1);
});

it('shows the longest delay of the event loop, also of a block that began directly after a scrape', async () => {
  const { admin, get } = await start();
  for (let i = 0; i < 10; i++) {
    await scrape(admin);
    await get('/block/300');
    expect(valueOf(await scrape(admin), 'nodejs_eventloop_delay_max_seconds')).toBeGreaterThan(0.2);
  }
});

it('keeps the longest delay for the next scrape when the one before gave up', async () => {
  const { admin, get } = await start();
  const early = { 'x-prometheus-scrape-timeout-seconds': '0.6' };
  await get('/block/700');
  expect((await fetch(`${admin}/metrics`, { headers: early })).status).toBe(503);
  expect(valueOf(await scrape(admin), 'nodejs_eventloop_delay_max_seconds')).toBeGreaterThan(0.5);
  await get('/block/700');
  await expect(fetch(`${admin}/metrics`, { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout');
  expect(valueOf(await scrape(admin), 'nodejs_eventloop_delay_max_seconds')).toBeGreaterThan(0.5);
});

it('answers while the event loop is blocked, and says so once it is stuck', async () => {
  const { admin, get } = await start();
  expect(await healthOf(`${admin}/healthz`)).toMatchObject({ code: 200, body: { status: 'pass' } });
  void get('/block/8000').catch(() => {});
  const busy = await untilHealth(`${admin}/healthz`, ({ body }) => body.status === 'warn');
  expect(busy.output).toMatch(/^event_loop:busy: the event loop has not turned for [\d.]+ s$/);
  const impatient = { 'x-prometheus-scrape-timeout-seconds': '1' };
  expect((await fetch(`${admin}/metrics`, { headers: impatient })).status).toBe(503);
  const stuck = await untilHealth(`${admin}/healthz`, ({ code }) => code === 503);
  expect(stuck).toMatchObject({
    status: 'fail',
    checks: { 'event_loop:busy': [{ status: 'fail', observedUnit: 'ms' }] },
  });
  await untilHealth(`${admin}/healthz`, ({ body }) => body.status === 'pass');
});

it('asks databases and services, and is ready again when they are', { timeout: 120_000 }, async () => {
  const postgres = await startPostgres();
  const database = await startSwitch(Number(new URL(postgres.url).port));
  const payments = createHttpServer((_, response) => response.writeHead(paymentsStatus).end());
  let paymentsStatus = 200;
  await once(payments.listen(0, '127.0.0.1'), 'listening');
  const paymentsUrl = `http://127.0.0.1:${(payments.address() as { port: number }).port}`;
  const url = new URL(postgres.url);
  url.port = String(database.port);
  const { admin, get } = await start({
    POSTGRES_URL: url.href,
    PAYMENTS_URL: paymentsUrl,
    FORESHOCK_HEALTH_HTTP: `${paymentsUrl.replace('//', '//user:secret@')}/health?key=secret`,
  });
  const readyz = `${admin}/readyz`;
  await get('/orders/1');
  const ready = await untilHealth(readyz, ({ body }) => body.checks['postgresql:responseTime'] !== undefined);
  expect(ready).toMatchObject({
    status: 'pass',
    checks: {
      'postgresql:responseTime': [{ componentId: `127.0.0.1:${database.port}`, status: 'pass', observedUnit: 'ms' }],
      'http:responseTime': [{ componentId: `${paymentsUrl}/health`, status: 'pass' }],
    },
  });
  expect(JSON.stringify(ready)).not.toContain('secret');

  database.refuse();
  const refused = await untilHealth(readyz, ({ code }) => code === 503);
  expect(refused.output).toBe(`127.0.0.1:${database.port}: ECONNREFUSED`);
  await database.hang();
  const hung = await untilHealth(readyz, ({ body }) => body.output?.includes('does not answer'));
  expect(hung.output).toBe(`127.0.0.1:${database.port}: it does not answer within 800 ms`);
  await database.pass();
  await untilHealth(readyz, ({ code }) => code === 200);

  await get('/hold');
  void get('/orders/2').catch(() => {});
  const saturated = await untilHealth(readyz, ({ body }) => body.status === 'warn');
  expect(saturated.checks['pool:used']).toMatchObject([{ status: 'warn', output: 'all 2 are in use, 1 waits' }]);
  await get('/release');
  await untilHealth(readyz, ({ body }) => body.status === 'pass');

  paymentsStatus = 500;
  expect((await untilHealth(readyz, ({ code }) => code === 503)).output).toBe(`${paymentsUrl}/health: it answers 500`);
  for (let i = 0; i < 3; i++) await get('/pay');
  const open = await untilHealth(readyz, ({ code }) => code === 200);
  expect(open.output).toBe(`${paymentsUrl}/health: not asked: its breaker payments is open`);
  payments.closeAllConnections();
  payments.close();
});

it('asks by the application’s pools when told to, as their line allows', { timeout: 120_000 }, async () => {
  const postgres = await startPostgres();
  const database = await startSwitch(Number(new URL(postgres.url).port));
  const url = new URL(postgres.url);
  url.port = String(database.port);
  const collector = await startCollector();
  const { admin, get } = await start({
    POSTGRES_URL: url.href,
    FORESHOCK_HEALTH_POOLS: 'true',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
  });
  const readyz = `${admin}/readyz`;
  await get('/orders/1');
  const ready = await untilHealth(readyz, ({ body }) => body.checks['pool:responseTime'] !== undefined);
  expect(ready).toMatchObject({ status: 'pass', checks: { 'pool:responseTime': [{ status: 'pass' }] } });
  // A request after it is delivered after it.
  await get('/orders/2');
  await collector.waitForSpans((spans) => spans.filter(({ name }) => name === 'GET /orders/:id').length === 2);
  expect(collector.spans.filter(({ name }) => name === 'SELECT')).toHaveLength(2);

  database.refuse();
  await database.hang();
  const hung = await untilHealth(readyz, ({ body }) => body.output?.split(';').length === 2);
  expect(hung.output).toMatch(/^127.+: it does not answer within 800 ms; 127.+: it does not answer within 600 ms$/);
  await database.pass();
  await untilHealth(readyz, ({ code }) => code === 200);
  // It neither joins a line nor begins one.
  await get('/hold');
  const full = await untilHealth(readyz, ({ body }) => body.checks['pool:responseTime'] === undefined);
  expect(full.status).toBe('pass');
  void get('/orders/3').catch(() => {});
  const saturated = await untilHealth(readyz, ({ body }) => body.status === 'warn');
  expect(Object.keys(saturated.checks)).not.toContain('pool:responseTime');
  expect(saturated.checks['pool:used']).toMatchObject([{ output: 'all 2 are in use, 1 waits' }]);
  await get('/release');
  await collector.close();
});

it('asks each kind of server, harmlessly', { timeout: 120_000 }, async () => {
  const [mariadb, memcached, rabbitmq, redis] = await Promise.all([
    startMariaDb(),
    startMemcached(),
    startRabbitMq(),
    startRedis(),
  ]);
  const database = await startSwitch(Number(new URL(mariadb.url).port));
  const cache = await startSwitch(redis.port);
  const failedLogins = async (): Promise<unknown> => {
    const connection = await createConnection(mariadb.url);
    const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Aborted_connects%'");
    await connection.end();
    return rows;
  };
  const before = await failedLogins();
  const databaseUrl = new URL(mariadb.url);
  databaseUrl.port = String(database.port);
  const { admin, get } = await start({
    MARIADB_URL: databaseUrl.href,
    MEMCACHED: `${memcached.host}:${memcached.port}`,
    AMQP_URL: rabbitmq.url,
    REDIS_PORT: String(cache.port),
  });
  const readyz = `${admin}/readyz`;
  expect(await get('/touch')).toBe(200);
  const ready = await untilHealth(readyz, ({ body }) => body.checks['redis:responseTime'] !== undefined);
  expect(ready.status).toBe('pass');
  expect(Object.keys(ready.checks).toSorted()).toEqual([
    'event_loop:busy',
    'mariadb:responseTime',
    'memcached:responseTime',
    'rabbitmq:responseTime',
    'redis:responseTime',
  ]);
  // A connection without a login would count.
  expect(await failedLogins()).toEqual(before);
  // As the broker and the client have agreed.
  const settings = await (await fetch(`${admin}/config`)).json();
  const values = { heartbeat: 60, frameMax: 131_072, channelMax: 2_047 };
  expect(settings).toContainEqual({ library: 'amqplib', values });

  cache.refuse();
  await cache.hang();
  expect((await untilHealth(readyz, ({ code }) => code === 503)).output).toBe(
    `127.0.0.1:${cache.port}: it does not answer within 800 ms`,
  );
  await cache.pass();
  await untilHealth(readyz, ({ code }) => code === 200);
  database.refuse();
  expect((await untilHealth(readyz, ({ code }) => code === 503)).output).toBe(
    `127.0.0.1:${database.port}: ECONNREFUSED`,
  );
  await database.pass();
  await untilHealth(readyz, ({ code }) => code === 200);
});

it(
  'is no way to hang or to harm: clients that do not read, unknown paths, a taken port, the end of the process',
  { timeout: 120_000 },
  async () => {
    const { app, admin, get } = await start();
    const { port } = new URL(admin);
    await get('/routes/1500');
    // More than connections are accepted.
    const silent = Array.from({ length: 100 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
    for (const socket of silent.slice(0, 20)) socket.pause().write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await get('/orders/1')).toBe(200);
    for (const socket of silent) socket.destroy();
    const statusOf = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(`${admin}${path}`, { method })).status;
    expect(await statusOf('/')).toBe(404);
    expect(await statusOf('/metrics', 'POST')).toBe(405);
    const second = await runFixture(new URL('fixtures/admin.cjs', import.meta.url), {
      env: { FORESHOCK_ADMIN_PORT: port },
    });
    await second.ready;
    const line = await second.waitForLine('stderr', () => true);
    expect(line).toBe(`foreshock: no /metrics, /healthz and /readyz at 127.0.0.1:${port} (EADDRINUSE)`);
    const short = await runFixture(new URL('fixtures/ten-spans.cjs', import.meta.url), {
      env: { FORESHOCK_ADMIN_PORT: String(await freePort()) },
    });
    expect(await short.exited).toMatchObject({ code: 0, signal: null, stderr: '' });
    app.send('end');
    expect(await app.exited).toMatchObject({ code: 0, signal: null });
  },
);

/** In front of a server: refuses, takes connections and does not answer, or passes them on. */
async function startSwitch(target: number): Promise<{
  port: number;
  refuse: () => void;
  hang: () => Promise<void>;
  pass: () => Promise<void>;
}> {
  let passesOn = true;
  const open = new Set<{ destroy(): void }>();
  let server: Server;
  const listen = async (port: number): Promise<void> => {
    server = createServer((socket) => {
      open.add(socket.on('error', () => {}));
      if (!passesOn) return;
      const upstream = connect(target, '127.0.0.1').on('error', () => socket.destroy());
      open.add(upstream);
      socket.pipe(upstream).pipe(socket);
    });
    await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  await listen(0);
  const { port } = server!.address() as { port: number };
  const refuse = (): void => {
    server.close();
    for (const socket of open) socket.destroy();
    open.clear();
  };
  return {
    port,
    refuse,
    async hang() {
      passesOn = false;
      await listen(port);
    },
    async pass() {
      passesOn = true;
      refuse();
      await listen(port);
    },
  };
}
