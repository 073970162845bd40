/**
 * What it costs to be handed something idle, and to run a task that need not wait:
 * `node -C @foreshock/source packages/instrumentation-pool/bench/acquire.ts [folder of another checkout]`.
 *
 * Each way runs in a process of its own, since a library patched once stays known to V8 as such; the processes take
 * turns, and the best of their rounds counts: what disturbs a round only makes it slower.
 *
 * 2026-11-30, Node 24, two busy cores: trust nothing below 0.5 µs. ns, a traced caller; `other` is 1e05e01, with wraps by
 * hand.
 *
 * |            | alone | ours  | other |
 * | ---------- | ----- | ----- | ----- |
 * | tarn       | 2,611 | 3,624 | 3,878 |
 * | pg-pool    | 724   | 1,789 | 1,631 |
 * | redis pool | 434   | 1,015 | 1,022 |
 * | p-queue    | 1,296 | 3,004 | 5,002 |
 * | p-limit    | 631   | 1,544 | 1,723 |
 * | fastq      | 237   | 1,170 | 1,550 |
 */
import { spawnSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { NoopSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const TIMES = 2_000;
const ROUNDS = 20;
const TURNS = 2;
const require = createRequire(import.meta.url);
const [way, checkout] = process.argv.slice(2) as [string?, string?];

async function patch(): Promise<void> {
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (way === 'ours') (await import('@foreshock/instrumentation-pool')).poolInstrumentation();
  if (way !== 'other') return;
  // Up to cf1d681 pools were a part of the databases' and the caches' instrumentation.
  for (const room of ['pool', 'db', 'cache']) {
    const loaded = await import(join(checkout!, `packages/instrumentation-${room}/src/index.ts`)).catch(
      () => undefined,
    );
    loaded?.[`${room}Instrumentation`]();
  }
}

/** What a driver connects with. */
class IdleClient {
  _ending = false;
  _queryable = true;
  connect(done: () => void): void {
    process.nextTick(done);
  }
  on = this.#same;
  once = this.#same;
  removeListener = this.#same;
  #same(): this {
    return this;
  }
  end(done?: () => void): void {
    done?.();
  }
}

async function openRedisPool(): Promise<any> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const commands = data.toString().match(/^\*\d+\r$/gm)?.length ?? 0;
      socket.write('+OK\r\n'.repeat(commands));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { createClientPool } = require('redis');
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createClientPool({ url, RESP: 2 }, { minimum: 2, maximum: 2 }).connect();
}

async function measure(): Promise<Record<string, number>> {
  await patch();
  const { Pool: Tarn } = require('tarn');
  const tarn = new Tarn({ create: async () => ({}), destroy() {}, min: 1, max: 1 });
  const PgPool = require('pg-pool');
  const pg = new PgPool({ Client: IdleClient, max: 1, idleTimeoutMillis: 0 });
  const redis = await openRedisPool();
  const fastq = require('fastq').promise(async () => 1, 10);
  const { default: PQueue } = await import('p-queue');
  const { default: pLimit } = await import('p-limit');
  const queue = new PQueue({ concurrency: 10 });
  const limit = pLimit(10);
  const work = async (): Promise<number> => 1;

  const scenarios: Record<string, () => Promise<unknown>> = {
    tarn: async () => tarn.release(await tarn.acquire().promise),
    'pg-pool': async () => (await pg.connect()).release(),
    'redis pool': () => redis.execute(work),
    'p-queue': () => queue.add(work),
    'p-limit': () => limit(work),
    fastq: () => fastq.push(1),
  };
  const span = trace.getTracer('bench').startSpan('caller');
  const results: Record<string, number> = {};
  for (const [name, once] of Object.entries(scenarios)) {
    for (const [who, where] of Object.entries({ untraced: ROOT_CONTEXT, traced: trace.setSpan(ROOT_CONTEXT, span) })) {
      results[`${name}, ${who}`] = await context.with(where, () => best(once));
    }
  }
  return results;
}

/** Nanoseconds of CPU time each. */
async function best(once: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < TIMES; i++) await once();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, ((user + system) * 1_000) / TIMES);
  }
  return Math.round(least);
}

if (way === 'alone' || way === 'ours' || way === 'other') {
  console.log(JSON.stringify(await measure()));
  process.exit();
}

const ways = way === undefined ? ['alone', 'ours'] : ['alone', 'ours', 'other'];
const bests: Record<string, Record<string, number>> = {};
for (let turn = 0; turn < TURNS; turn++) {
  for (const each of ways) {
    const args = ['-C', '@foreshock/source', fileURLToPath(import.meta.url), each, way ?? ''];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (!stdout) throw new Error(stderr);
    for (const [name, ns] of Object.entries(JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>)) {
      const row = (bests[name] ??= {});
      row[each] = Math.min(row[each] ?? Infinity, ns);
    }
  }
}
console.table(bests);
