/* oxlint-disable promise/no-callback-in-promise -- what workers of callback style do */
/* Which tasks have the slots of a limiter, where that is more than one task for one slot until it ends. */
import { context, trace } from '@opentelemetry/api';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { installed, only, recordSpans, spansNamed, waits } from '@foreshock/testkit';
import { afterAll, beforeEach, expect, it } from 'vitest';

const pools = poolInstrumentation();
const recorded = recordSpans(pools);
const apps = new Map<string, ReturnType<typeof installed>>();
beforeEach(() => recorded.clear());
afterAll(() => {
  recorded.stop();
  for (const app of apps.values()) app.remove();
});

function library(name: string, alias = name): any {
  let app = apps.get(alias);
  if (!app) apps.set(alias, (app = installed({ [name]: alias })));
  const loaded = app.require(name);
  return loaded.default && typeof loaded !== 'function' ? loaded.default : loaded;
}

function activeName(): string {
  return (trace.getSpan(context.active()) as { name?: string } | undefined)?.name ?? 'none';
}

/** A task that says when it has started, and ends when it is let go. */
function heldTask(): { run: () => Promise<void>; started: Promise<void>; letGo: () => void } {
  const start = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const run = (): Promise<void> => (start.resolve(), end.promise);
  return { run, started: start.promise, letGo: end.resolve };
}

function waitOf(caller: string) {
  const { spanId } = only(spansNamed(recorded, caller));
  return only(waits(recorded).filter(({ parentSpanId }) => parentSpanId === spanId));
}

it.each(['p-queue-6', 'p-queue-7', 'p-queue-8', 'p-queue', 'p-queue-10'])(
  '%s: a task that timed out, and runs on, has no slot any more',
  async (alias) => {
    const queue = new (library('p-queue', alias))({ concurrency: 1, timeout: 20 });
    const abandoned = heldTask();
    await recorded.inSpan('abandoned', () => queue.add(abandoned.run).catch(() => {}));
    queue.timeout = queue._timeout = undefined;
    const holder = heldTask();
    const held = recorded.inSpan('holder', () => queue.add(holder.run));
    const waited = recorded.inSpan('waiter', () => queue.add(async () => {}));
    holder.letGo();
    await Promise.all([held, waited]);
    expect(waitOf('waiter').attributes).toMatchObject({ 'pool.used': 1, 'pool.holder.operation': 'holder' });
    abandoned.letGo();
  },
);

it('bottleneck: a job of weight 4 has four slots, and one that needs more than are free waits', async () => {
  const limiter = new (library('bottleneck'))({ maxConcurrent: 5 });
  const heavy = heldTask();
  const held = recorded.inSpan('heavy', () => limiter.schedule({ weight: 4 }, heavy.run));
  await heavy.started;
  const waited = recorded.inSpan('waiter', () => limiter.schedule({ weight: 2 }, async () => {}));
  const behind = recorded.inSpan('behind', () => limiter.schedule(async () => {}));
  await expect.poll(() => limiter.counts().QUEUED).toBe(2);
  heavy.letGo();
  await Promise.all([held, waited, behind]);
  expect(waitOf('waiter').attributes).toMatchObject({
    'pool.used': 4,
    'pool.idle': 1,
    'pool.limit': 5,
    'pool.wait_reason': 'queue',
    'pool.holder.operation': 'heavy',
  });
  expect(waitOf('behind').attributes).toMatchObject({ 'pool.holder.operation': 'heavy' });
});

it.each(['piscina', 'piscina-4'])('%s: what was aborted in line, or before, uses no thread', async (alias) => {
  const { Piscina = library('piscina', alias) } = library('piscina', alias);
  const filename = new URL('../src/adapters/piscina/piscina-worker.cjs', import.meta.url).pathname;
  const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
  await pool.run(1);
  const fails = async (signal: AbortSignal): Promise<void> =>
    expect(await pool.run(1, { signal }).catch((error: Error) => error.name)).toBe('AbortError');
  await fails(AbortSignal.abort());
  const queued = new AbortController();
  const busy = pool.run(1);
  const aborted = fails(queued.signal);
  queued.abort();
  await Promise.all([busy, aborted]);
  await pool.run(1);
  recorded.clear();
  await recorded.inSpan('alone', () => pool.run(1));
  expect(recorded.spans().map(({ name }) => name)).toEqual(['alone']);
  await pool.destroy();
});

it.each(['async', 'async-3-0', 'async-2'])('%s: the callers of one cargo have no wait but for it', async (alias) => {
  const { cargo } = library('async', alias);
  const batches: unknown[][] = [];
  const queue = cargo((items: unknown[], done: () => void) => {
    batches.push(items);
    setImmediate(done);
  }, 2);
  const seen: string[] = [];
  const push = (caller: string): Promise<void> =>
    recorded.inSpan(
      caller,
      () => new Promise((resolve) => queue.push(caller, () => resolve(void seen.push(activeName())))),
    );
  await Promise.all(['first', 'second', 'third', 'fourth'].map(push));
  expect(batches).toEqual([
    ['first', 'second'],
    ['third', 'fourth'],
  ]);
  expect(seen).toEqual(['first', 'second', 'third', 'fourth']);
  expect(waits(recorded)).toHaveLength(2);
  expect(waitOf('third').attributes).toMatchObject({ 'pool.used': 1, 'pool.pending': 0, 'pool.limit': 1 });
  expect(waitOf('fourth').attributes).toMatchObject({ 'pool.used': 1, 'pool.pending': 1, 'pool.limit': 1 });
});

it.each(['async', 'async-3-0', 'async-2'])(
  '%s: each item of a limited loop is done where its caller is',
  async (alias) => {
    const async = library('async', alias);
    const seen: string[] = [];
    // Called back in another context, as by a connection that many callers share.
    const task = (done: (error: null, value: string) => void): void => {
      seen.push(activeName());
      void recorded.inSpan('elsewhere', async () => {
        await new Promise(setImmediate);
        done(null, 'done');
      });
    };
    const items = [() => {}, () => {}, () => {}];
    const call = (method: string, ...args: unknown[]): Promise<unknown> =>
      recorded.inSpan(
        method,
        () =>
          new Promise((resolve) => {
            async[method](...args, (_error: unknown, results: unknown) => {
              seen.push(activeName());
              resolve(results);
            });
          }),
      );
    for (const method of ['eachLimit', 'mapLimit', 'filterLimit']) {
      const given: unknown[] = [];
      await call(method, items, 1, (item: unknown, done: never) => (given.push(item), task(done)));
      expect(given).toEqual(items);
      expect(seen.splice(0)).toEqual(Array(4).fill(method));
    }
    expect(await call('parallelLimit', [task, task, task], 1)).toEqual(['done', 'done', 'done']);
    expect(seen.splice(0)).toEqual(Array(4).fill('parallelLimit'));
    expect(await call('mapSeries', [1, 2], async (n: number) => n * 2)).toEqual([2, 4]);
    expect(recorded.spans().filter(({ name }) => name.startsWith('pool.'))).toEqual([]);
  },
);

it('queues and loops made before the instrumentation was disabled and enabled again are observed', async () => {
  const async = library('async');
  const { eachLimit } = async;
  const calm = async.queue(async () => {}, 1);
  const quick = library('fastq').promise(async () => {}, 1);
  pools.disable();
  pools.enable();
  calm.pause();
  quick.pause();
  const pushed = [recorded.inSpan('async', () => calm.push(1)), recorded.inSpan('fastq', () => quick.push(1))];
  calm.resume();
  quick.resume();
  await Promise.all(pushed);
  for (const caller of ['async', 'fastq']) expect(waitOf(caller).attributes['pool.wait_reason']).toBe('paused');

  const seen: string[] = [];
  await recorded.inSpan('loop', () =>
    eachLimit([1, 2], 1, (_: number, done: () => void) => {
      seen.push(activeName());
      void recorded.inSpan('elsewhere', async () => done());
    }),
  );
  expect(seen).toEqual(['loop', 'loop']);
});
