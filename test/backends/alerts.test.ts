import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, runFixture, startPostgres, startPrometheus, startRedis, type Fixture } from '@foreshock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './obtain.ts';

const production = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../examples/production/${file}`, import.meta.url)), 'utf8');

const rules = production('prometheus/rules.yml');
/** A leak is told from half an hour: promtool plays that. */
const alerts = [...rules.matchAll(/- alert: (\w+)/g)]
  .map(([, name]) => name!)
  .filter((name) => name !== 'PoolLeakSuspected');
/** A minute is a second. */
const hastened = rules.replaceAll(/\b(\d+)m\b/g, '$1s');

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

let env: Record<string, string>;

beforeAll(async () => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  stops.push(
    () => postgres.stop(),
    () => redis.stop(),
  );
  env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    FORESHOCK_ADMIN_PORT: String(await freePort()),
    // Nobody listens there, and there is room for few: spans are lost.
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_BSP_MAX_QUEUE_SIZE: '10',
  };
});

async function start(): Promise<{ app: Fixture; ask(path: string): Promise<void> }> {
  const app = await runFixture(new URL('fixtures/troubled.mjs', import.meta.url), { preload: 'import', env });
  const { port } = await app.ready;
  return {
    app,
    async ask(path) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      await answer.text();
    },
  };
}

it('each alert fires, and each panel has data, in a real Prometheus that scrapes a real service in trouble', async () => {
  const prometheus = await startPrometheus(`127.0.0.1:${env['FORESHOCK_ADMIN_PORT']}`, {
    rules: hastened,
    everyMs: 500,
  });
  stops.push(() => prometheus.stop());
  const fired = new Set<string>();
  const wait = (names: readonly string[], meanwhile?: () => Promise<void>): Promise<void> =>
    until(`the firing of ${names.join()}`, 90_000, async () => {
      await meanwhile?.();
      const query = 'count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[10m]))';
      for (const { metric } of (await prometheus.query('query', { query })).result) fired.add(metric.alertname);
      const missing = names.filter((name) => !fired.has(name));
      if (missing.length > 0) throw new Error(`missing: ${missing.join()}`);
    });
  const last = ['EventLoopBlocked', 'ProcessDied', 'ProcessGone'];

  const { app, ask } = await start();
  await wait(
    alerts.filter((name) => !last.includes(name)),
    () => ask('/'),
  );

  await until('data in all panels', 30_000, async () => {
    for (const { title, targets } of JSON.parse(production('grafana/foreshock.json')).panels) {
      const query = targets[0].expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*');
      const { result } = await prometheus.query('query', { query });
      const labels = /by \(([^)]*)\)/
        .exec(query)![1]!
        .split(/, ?/)
        .filter((label) => label !== 'le');
      if (!result.some(({ metric }: any) => labels.every((label) => metric[label])))
        throw new Error(`none in: ${title}`);
    }
  });

  // Scrapes give up before it ends.
  await wait(['EventLoopBlocked'], () => ask('/block'));
  app.kill('SIGKILL');
  await app.exited;
  const again = await start();
  await wait(['ProcessDied']);
  again.app.kill('SIGKILL');
  await wait(['ProcessGone']);
  expect([...fired].toSorted()).toEqual(alerts.toSorted());
}, 300_000);
