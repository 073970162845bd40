import { createRequire } from 'node:module';
import { freePort, startPostgres, startRedis } from '@foreshock/testkit';
import { startApp, type App } from './app.ts';
import { startProcess, type Child } from './child.ts';
import type { Contender } from './contenders.ts';
import { OBSERVED_EVERY_MS, type Scenario } from './scenarios.ts';

/** What apps under load stand in: who calls them, what they call, and who receives their spans. */
export interface World {
  sink: Child;
  load: Child;
  /** Where the app finds its database and the service it calls. */
  env: Record<string, string>;
  /** Versions of what all contenders share. */
  versions: string[];
  close(): Promise<void>;
}

/** An app with a backend of its own. */
export interface ObservedApp extends App {
  contender: Contender;
  /** Spans that have arrived. */
  spans(): Promise<number>;
  close(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  const { Client } = createRequire(import.meta.url)('pg') as typeof import('pg');
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('CREATE TABLE orders (id int PRIMARY KEY, customer text NOT NULL, total numeric NOT NULL)');
  await client.query("INSERT INTO orders SELECT n, 'customer ' || n, n * 3.5 FROM generate_series(1, 1000) AS n");
  await client.query('ANALYZE orders');
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();

  const [sink, load, stock] = [startProcess('sink'), startProcess('load'), startProcess('stock')];
  const stockPort = await stock.ask<number>('listen');
  const version = (name: string): string =>
    `${name} ${(createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version}`;
  return {
    sink,
    load,
    env: { DATABASE_URL: postgres.url, REDIS_URL: redis.url, STOCK_URL: `http://127.0.0.1:${stockPort}` },
    versions: [...['pg', 'ioredis', 'bullmq', 'pino'].map(version), `Postgres ${rows[0]!.server_version}`],
    async close() {
      await Promise.all([sink.kill(), load.kill(), stock.kill()]);
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}

/** Starts an app whose spans are counted. */
export async function startObserved(
  world: World,
  contender: Contender,
  { app: file, env, observed }: Pick<Scenario, 'app' | 'env' | 'observed'>,
): Promise<ObservedApp> {
  const inbox = await world.sink.ask<number>('open', { hangs: false });
  const admin = observed && (await freePort());
  const adminEnv = admin && { FORESHOCK_ADMIN_PORT: String(admin) };
  const app = await startApp(contender, file, `http://127.0.0.1:${inbox}`, { ...world.env, ...env, ...adminEnv });
  const asking = admin && setInterval(() => void askAdmin(admin), OBSERVED_EVERY_MS);
  return {
    ...app,
    contender,
    spans: () => world.sink.ask<number>('count', inbox),
    async close() {
      clearInterval(asking);
      await app.child.kill();
      await world.sink.ask('close', inbox);
    },
  };
}

/** As Prometheus and a kubelet do. Only Foreshock answers. */
async function askAdmin(port: number): Promise<void> {
  for (const path of ['metrics', 'readyz']) {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`).catch(() => undefined);
    await answer?.text();
  }
}

/** In random order: whoever follows whom must not matter. */
export function shuffled<T>(items: readonly T[]): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(Math.random() * rest.length), 1));
  return order;
}
