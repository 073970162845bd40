/**
 * What a command and a lookup cost: `node -C @foreshock/source packages/instrumentation-cache/bench/command.ts`.
 *
 * Each way runs in a process of its own, since a library patched once stays known to V8 as such; the processes take
 * turns, and the best of their rounds counts: what disturbs a round only makes it slower.
 *
 * 2026-11-21, Node 24.21, a shared machine; ns beyond the library alone, in turns of one hour. Upstream's look at no
 * reply, and their spans are not encoded.
 *
 * |                        | foreshock, encoded | in an SDK | upstream |
 * | ---------------------- | ------------------ | --------- | -------- |
 * | ioredis GET            | 1,627              | 2,741     | 2,181    |
 * | ioredis pipeline of 10 | 4,960              | 4,531     | 36,773   |
 * | redis GET              | 1,791              | 2,969     | 3,410    |
 * | lru-cache get, a hit   | 46                 | 47        | –        |
 *
 * 2026-11-30, ns of CPU, alone, now and at 1e05e01: lru-cache `get` 24, 105, 104, `set` 50, 57, 58 (by `hooks.after` and
 * `before` 121 and 77); ioredis GET 8.0 µs, 12.8, 12.1 on two busy cores.
 *
 * Before that day, when what spans of one kind of command have in common was copied and encoded with each: 0.5 µs more
 * a command, encoded, and 270 bytes more of garbage; in an SDK 0.3 µs more.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOnSampler, NoopSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { SpanEncoder } from '../../export/src/encode/span-encoder.ts';
import { DEFAULT_SPAN_LIMITS } from '../../foreshock/src/tracer/span-limits.ts';
import { ForeshockTracerProvider } from '../../foreshock/src/tracer/tracer.ts';
import { fakeRedis } from './fake-redis.ts';

/** Ours with the preload's tracer, and encoded; ours and upstream's in an SDK, and forgotten. */
const WAYS = ['alone', 'foreshock', 'in an SDK', 'upstream'] as const;
type Way = (typeof WAYS)[number];

const AT_ONCE = 20;
const COMMANDS = 2_000;
const LOOKUPS = 100_000;
const ROUNDS = 80;
const TURNS = 2;
const require = createRequire(import.meta.url);

const encoder = new SpanEncoder();
const encoded = Buffer.alloc(1 << 16);
const [way] = process.argv.slice(2) as Way[];
const provider =
  way === 'foreshock'
    ? new ForeshockTracerProvider({
        sampler: new AlwaysOnSampler(),
        parentBased: true,
        spanLimits: DEFAULT_SPAN_LIMITS,
        spanProcessors: [{ onStart() {}, onEnd: (span) => void encoder.encode(span, encoded, 0) }],
      })
    : new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] });
const tracer = provider.getTracer('bench');

async function patch(): Promise<void> {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (way === 'foreshock' || way === 'in an SDK') {
    const { cacheInstrumentation } = await import('@foreshock/instrumentation-cache');
    cacheInstrumentation();
  } else if (way === 'upstream') {
    const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis');
    const { RedisInstrumentation } = require('@opentelemetry/instrumentation-redis');
    for (const instrumentation of [new IORedisInstrumentation(), new RedisInstrumentation()]) instrumentation.enable();
  }
}

/** Nanoseconds each, by scenario. */
async function measure(): Promise<Record<string, number>> {
  fakeRedis();
  await patch();
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
  const fills = (): void => {
    for (let i = 0; i < LOOKUPS; i++) lru.set(keys[i % 1_000]!, 'y');
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
          .reduce<ReturnType<typeof ioredis.pipeline>>((all) => all.get('user:1'), ioredis.pipeline())
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
    await time('lru-cache set, in a span', LOOKUPS, () =>
      context.with(trace.setSpan(ROOT_CONTEXT, tracer.startSpan('request')), fills),
    );
  }
  ioredis.disconnect();
  redis.destroy();
  return best;
}

if (way) {
  console.log(JSON.stringify(await measure()));
} else {
  const best: Partial<Record<Way, Record<string, number>>> = {};
  for (let turn = 0; turn < TURNS; turn++) {
    for (const each of WAYS) {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['-C', '@foreshock/source', '--no-warnings', fileURLToPath(import.meta.url), each],
        { encoding: 'utf8' },
      );
      if (stderr) throw new Error(stderr);
      const measured: Record<string, number> = JSON.parse(stdout);
      const sofar = (best[each] ??= {});
      for (const [name, took] of Object.entries(measured))
        sofar[name] = Math.round(Math.min(sofar[name] ?? Infinity, took));
    }
  }
  console.log(`Node ${process.version}, nanoseconds each`);
  console.table(best);
}
