/**
 * What a command and a lookup cost: `node -C @foreshock/source packages/instrumentation-cache/bench/command.ts`.
 *
 * Each way runs in a process of its own, since a library patched once stays known to V8 as such; the processes take
 * turns, and the best of their rounds counts: what disturbs a round only makes it slower.
 *
 * 2026-11-21, Node 24.21, ns beyond the library alone (foreshock / upstream, which looks at no reply): ioredis GET
 * 4,364 / 2,445, ioredis pipeline of ten 6,727 / 33,944, redis GET 3,336 / 4,117, a lookup in an LRU cache 48 / none.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { fakeRedis } from './fake-redis.ts';

const WAYS = ['alone', 'foreshock', 'upstream'] as const;
type Way = (typeof WAYS)[number];

const AT_ONCE = 20;
const COMMANDS = 20_000;
const LOOKUPS = 1_000_000;
const ROUNDS = 8;
const TURNS = 2;
const require = createRequire(import.meta.url);

// Spans are made and forgotten: what becomes of them is the pipeline's bench.
const provider = new TracerProvider({
  spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }],
});
const tracer = provider.getTracer('bench');

async function patch(way: Way): Promise<void> {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (way === 'foreshock') {
    const { cacheInstrumentation } = await import('@foreshock/instrumentation-cache');
    cacheInstrumentation();
  } else if (way === 'upstream') {
    const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis');
    const { RedisInstrumentation } = require('@opentelemetry/instrumentation-redis');
    for (const instrumentation of [new IORedisInstrumentation(), new RedisInstrumentation()]) instrumentation.enable();
  }
}

/** Nanoseconds each, by scenario. */
async function measure(way: Way): Promise<Record<string, number>> {
  fakeRedis();
  await patch(way);
  const { default: Redis }: typeof import('ioredis') = require('ioredis');
  const { createClient }: typeof import('redis') = require('redis');
  const { LRUCache }: typeof import('lru-cache') = require('lru-cache');
  const ioredis = new Redis({ enableReadyCheck: false, protocol: 2 });
  const redis = createClient({ RESP: 2 });
  await redis.connect();
  await ioredis.get('user:1');
  const lru = new LRUCache<string, string>({ max: 1_000 });
  for (let i = 0; i < 1_000; i++) lru.set(`user:${i}`, 'x');
  const keys = [...lru.keys()];

  const best: Record<string, number> = {};
  const time = async (name: string, times: number, run: () => unknown): Promise<void> => {
    const start = process.hrtime.bigint();
    await run();
    best[name] = Math.min(best[name] ?? Infinity, Number(process.hrtime.bigint() - start) / times);
  };
  /** Each call in the context of a span, as a request has one. */
  const calls = (call: () => Promise<unknown>) => async (): Promise<void> => {
    for (let i = 0; i < COMMANDS; i += AT_ONCE) {
      const where = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('request'));
      await context.with(where, () => Promise.all(Array.from({ length: AT_ONCE }, call)));
    }
  };
  const lookups = (): void => {
    for (let i = 0; i < LOOKUPS; i++) lru.get(keys[i % 1_000]!);
  };
  for (let round = 0; round < ROUNDS; round++) {
    await time(
      'ioredis GET',
      COMMANDS,
      calls(() => ioredis.get('user:1')),
    );
    await time(
      'ioredis pipeline of 10 GET',
      COMMANDS,
      calls(() =>
        Array.from({ length: 10 })
          .reduce((all: any) => all.get('user:1'), ioredis.pipeline())
          .exec(),
      ),
    );
    await time(
      'redis GET',
      COMMANDS,
      calls(() => redis.get('user:1')),
    );
    await time('lru-cache get, in a span', LOOKUPS, () =>
      context.with(trace.setSpan(ROOT_CONTEXT, tracer.startSpan('request')), lookups),
    );
    await time('lru-cache get, outside', LOOKUPS, lookups);
  }
  ioredis.disconnect();
  redis.destroy();
  return best;
}

if (process.argv[2]) {
  console.log(JSON.stringify(await measure(process.argv[2] as Way)));
} else {
  const best: Partial<Record<Way, Record<string, number>>> = {};
  for (let turn = 0; turn < TURNS; turn++) {
    for (const way of WAYS) {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['-C', '@foreshock/source', '--no-warnings', fileURLToPath(import.meta.url), way],
        { encoding: 'utf8' },
      );
      if (stderr) throw new Error(stderr);
      const measured: Record<string, number> = JSON.parse(stdout);
      const sofar = (best[way] ??= {});
      for (const [name, each] of Object.entries(measured))
        sofar[name] = Math.round(Math.min(sofar[name] ?? Infinity, each));
    }
  }
  console.log(`Node ${process.version}, nanoseconds each`);
  console.table(best);
}
