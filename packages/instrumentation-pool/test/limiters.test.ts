/* oxlint-disable promise/no-callback-in-promise -- what workers of callback style do */
/* Limiters of tasks, in all the versions that are supported. */
import { fileURLToPath } from 'node:url';
import { context, trace } from '@opentelemetry/api';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import {
  installed,
  only,
  recordSpans,
  saturations,
  shows,
  spansNamed,
  waits,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { roomContract, type OneSlot } from './room-contract.ts';

let startedSpans = 0;
const counter = {
  onStart: () => void startedSpans++,
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};
const recorded = recordSpans(poolInstrumentation(), { spanProcessors: [counter] });
const apps = new Map<string, ReturnType<typeof installed>>();
beforeEach(() => recorded.clear());
afterAll(() => {
  recorded.stop();
  for (const app of apps.values()) app.remove();
});

/** A library as an application `require`s it, in one version. */
function library(name: string, alias: string): any {
  let app = apps.get(alias);
  if (!app) apps.set(alias, (app = installed({ [name]: alias })));
  const loaded = app.require(name);
  return loaded.default && typeof loaded !== 'function' ? loaded.default : loaded;
}

type Work = () => Promise<unknown>;
type Run = (work: Work) => Promise<unknown>;

/** The callback of a task, as a promise. */
function called(start: (done: (error: unknown, value: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))));
}

function worker(work: Work, done: (error: unknown, value?: unknown) => void): void {
  work().then((value) => done(null, value), done);
}

/** Library, alias, its name in spans, and a limiter of one. */
const limiters: [string, string, string, () => Run][] = [
  ...['p-queue-2', 'p-queue-4', 'p-queue-6', 'p-queue-7', 'p-queue-8', 'p-queue', 'p-queue-10'].map(
    (alias): (typeof limiters)[number] => [
      'p-queue',
      alias,
      'p-queue',
      () => {
        const queue = new (library('p-queue', alias))({ concurrency: 1 });
        return (work) => queue.add(work);
      },
    ],
  ),
  ...['p-limit-3-0', 'p-limit-3', 'p-limit-4', 'p-limit-5', 'p-limit-6'].map((alias): (typeof limiters)[number] => [
    'p-limit',
    alias,
    'p-limit',
    () => library('p-limit', alias)(1),
  ]),
  ...['fastq-1-6', 'fastq'].map((alias): (typeof limiters)[number] => [
    'fastq',
    alias,
    'fastq',
    () => {
      const queue = library('fastq', alias)(worker, 1);
      return (work) => called((done) => queue.push(work, done));
    },
  ]),
  [
    'fastq',
    'fastq',
    'send',
    () => {
      const queue = library('fastq', 'fastq').promise(async function send(work: Work) {
        return work();
      }, 1);
      return (work) => queue.push(work);
    },
  ],
  ...['async-2', 'async-3-0', 'async'].flatMap((alias): typeof limiters => [
    [
      'async',
      alias,
      'async.queue',
      () => {
        const queue = library('async', alias).queue(worker, 1);
        return (work) => called((done) => queue.push(work, done));
      },
    ],
    [
      'async',
      alias,
      'async.priorityQueue',
      () => {
        const queue = library('async', alias).priorityQueue(worker, 1);
        return (work) => called((done) => queue.push(work, 1, done));
      },
    ],
    [
      'async',
      alias,
      'send',
      () => {
        const queue = library('async', alias).queue(async function send(work: Work) {
          return work();
        }, 1);
        return (work) => called((done) => queue.push(work, done));
      },
    ],
  ]),
  [
    'bottleneck',
    'bottleneck',
    'mailer',
    () => {
      const limiter = new (library('bottleneck', 'bottleneck'))({ maxConcurrent: 1, id: 'mailer' });
      return (work) => limiter.schedule(work);
    },
  ],
  ...['cockatiel-3', 'cockatiel'].map((alias): (typeof limiters)[number] => [
    'cockatiel',
    alias,
    'bulkhead',
    () => {
      const policy = library('cockatiel', alias).bulkhead(1, 10);
      return (work) => policy.execute(work);
    },
  ]),
];

describe.each(limiters)('%s %s: %s', (name, alias, label, make) => {
  beforeEach(() => shows(name, ['wait', 'state'], apps.get(alias)?.versions[name]));
  roomContract(recorded, { name: () => label, open: async (): Promise<OneSlot> => ({ run: make() }) });

  it('makes no span outside a trace, and gives what the task gives', async () => {
    const run = make();
    const failure = new Error('failed');
    const results = await Promise.allSettled([
      run(async () => 1),
      run(() => Promise.reject(failure)),
      run(async () => 3),
    ]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason))).toEqual([
      1,
      failure,
      3,
    ]);
    expect(recorded.spans()).toEqual([]);
  });
});

/** Holds the only slot until it is let go. */
function hold(run: Run): { letGo: () => void; ended: Promise<unknown> } {
  const gate = Promise.withResolvers<void>();
  return { letGo: () => gate.resolve(), ended: recorded.inSpan('holder', () => run(() => gate.promise)) };
}

function waitOf(caller: string): ReceivedSpan {
  const { spanId } = only(spansNamed(recorded, caller));
  return only(waits(recorded).filter(({ parentSpanId }) => parentSpanId === spanId));
}

describe('a task that never runs', () => {
  it('is cleared from a p-queue: AbortError from 10 on, and an answer never before', async () => {
    const queue = new (library('p-queue', 'p-queue-10'))({ concurrency: 1 });
    const { letGo, ended } = hold((work) => queue.add(work));
    const cleared = recorded.inSpan('caller', () => queue.add(async () => {}));
    queue.clear();
    await expect(cleared).rejects.toMatchObject({ name: 'AbortError' });
    letGo();
    await ended;
    expect(waitOf('caller')).toMatchObject({
      status: { code: 'ERROR', message: 'The queue was cleared' },
      attributes: { 'pool.wait_reason': 'queue', 'pool.holder.operation': 'holder' },
    });
  });

  it('is aborted in the line of a p-queue', async () => {
    const queue = new (library('p-queue', 'p-queue'))({ concurrency: 1 });
    const { letGo, ended } = hold((work) => queue.add(work));
    const controller = new AbortController();
    const aborted = recorded.inSpan('caller', () => queue.add(async () => {}, { signal: controller.signal }));
    controller.abort(new RangeError('enough'));
    letGo();
    await expect(aborted).rejects.toThrow('enough');
    await ended;
    expect(waitOf('caller')).toMatchObject({ status: { code: 'ERROR' }, attributes: { 'error.type': 'RangeError' } });
  });

  it('is dropped by bottleneck’s high water mark', async () => {
    const limiter = new (library('bottleneck', 'bottleneck'))({ maxConcurrent: 1, highWater: 0, strategy: 2 });
    const { letGo, ended } = hold((work) => limiter.schedule(work));
    await expect(recorded.inSpan('caller', () => limiter.schedule(async () => {}))).rejects.toThrow('dropped');
    letGo();
    await ended;
    expect(waitOf('caller')).toMatchObject({
      status: { code: 'ERROR', message: 'This job has been dropped by Bottleneck' },
      attributes: { 'error.type': 'BottleneckError' },
    });
  });

  it('is refused or cancelled by a bulkhead', async () => {
    const policy = library('cockatiel', 'cockatiel').bulkhead(1, 1);
    const { letGo, ended } = hold((work) => policy.execute(work));
    const controller = new AbortController();
    const cancelled = recorded.inSpan('cancelled', () => policy.execute(async () => {}, controller.signal));
    await expect(recorded.inSpan('refused', () => policy.execute(async () => {}))).rejects.toThrow('Bulkhead');
    controller.abort();
    letGo();
    await expect(cancelled).rejects.toThrow('cancelled');
    await ended;
    // Who is refused does not wait; the resilience instrumentation says it.
    expect(waits(recorded)).toHaveLength(1);
    expect(waitOf('cancelled').attributes['error.type']).toBe('TaskCancelledError');
  });

  it('is killed in the line of fastq and async.queue', async () => {
    const queue = library('fastq', 'fastq')(worker, 1);
    const killed = library('async', 'async').queue(worker, 1);
    const first = hold((work) => called((done) => queue.push(work, done)));
    const second = hold((work) => called((done) => killed.push(work, done)));
    const aborted = recorded.inSpan('aborted', () => called((done) => queue.push(async () => {}, done)));
    void recorded.inSpan('killed', (span) => {
      killed.push(
        async () => {},
        () => {},
      );
      span.end();
    });
    await expect.poll(() => killed.running()).toBe(1);
    queue.abort();
    killed.kill();
    await expect(aborted).rejects.toThrow('abort');
    first.letGo();
    second.letGo();
    await Promise.all([first.ended, second.ended]);
    expect(waitOf('aborted').status).toEqual({ code: 'ERROR', message: 'abort' });
    expect(waitOf('killed').status).toEqual({ code: 'ERROR', message: 'the queue was killed' });
  });
});

describe('a wait that no holder caused', () => {
  it('is a pause, of a p-queue, a fastq and an async.queue', async () => {
    const queue = new (library('p-queue', 'p-queue'))({ concurrency: 1, autoStart: false });
    const paused = library('fastq', 'fastq').promise((work: Work) => work(), 1);
    const calm = library('async', 'async').queue(worker, 1);
    paused.pause();
    calm.pause();
    const done = [
      recorded.inSpan('p-queue', () => queue.add(async () => {})),
      recorded.inSpan('fastq', () => paused.push(async () => {})),
      recorded.inSpan('async', () => called((end) => calm.push(async () => {}, end))),
    ];
    queue.start();
    paused.resume();
    calm.resume();
    await Promise.all(done);
    for (const caller of ['p-queue', 'fastq', 'async']) {
      const { attributes, links } = waitOf(caller);
      expect(attributes).toMatchObject({ 'pool.wait_reason': 'paused', 'pool.used': 0, 'pool.idle': 1 });
      expect(attributes).not.toHaveProperty('pool.holder.held_ms');
      expect(links).toEqual([]);
    }
  });

  it.each(['p-queue-6', 'p-queue-8', 'p-queue', 'p-queue-10'])('is the interval of %s', async (alias) => {
    const queue = new (library('p-queue', alias))({ intervalCap: 1, interval: 60 });
    await Promise.all(['first', 'second'].map((caller) => recorded.inSpan(caller, () => queue.add(async () => {}))));
    expect(waits(recorded)).toHaveLength(1);
    const { attributes, links } = waitOf('second');
    expect(attributes).toMatchObject({ 'pool.wait_reason': 'rate' });
    expect(attributes).not.toHaveProperty('pool.holder.held_ms');
    expect(links).toEqual([]);
    expect(saturations(recorded)).toEqual([]);
  });

  it.each([
    [{ minTime: 50 }],
    [{ minTime: 50, maxConcurrent: 1 }],
    [{ reservoir: 1, reservoirRefreshAmount: 1, reservoirRefreshInterval: 250 }],
  ])('is the rate of bottleneck %j', async (options) => {
    const limiter = new (library('bottleneck', 'bottleneck'))(options);
    const calls = ['first', 'second', 'third'].map((caller) =>
      recorded.inSpan(caller, () => limiter.schedule(async () => {})),
    );
    // The reservoir is refilled by a timer of a quarter of a second.
    await Promise.all('minTime' in options ? calls : calls.slice(0, 2));
    const { attributes, links } = waitOf('second');
    expect(attributes).toMatchObject({ 'pool.wait_reason': 'rate', 'pool.name': 'bottleneck' });
    expect(attributes).not.toHaveProperty('pool.holder.held_ms');
    expect(links).toEqual([]);
    expect(saturations(recorded)).toEqual([]);
    await Promise.all(calls);
  });
});

it('serves by priority, each task in its own trace', async () => {
  const queue = new (library('p-queue', 'p-queue'))({ concurrency: 1 });
  const { letGo, ended } = hold((work) => queue.add(work));
  const order: string[] = [];
  const call = (caller: string, priority: number): Promise<unknown> =>
    recorded.inSpan(caller, () =>
      queue.add(
        async () => {
          order.push(caller, (trace.getSpan(context.active()) as any).name);
        },
        { priority },
      ),
    );
  const calls = [call('patient', 0), call('urgent', 1)];
  letGo();
  await Promise.all([ended, ...calls]);
  expect(order).toEqual(['urgent', 'urgent', 'patient', 'patient']);
});

it('keeps what a p-limit is: its counters, its map, its name and its promises', async () => {
  const pLimit = library('p-limit', 'p-limit-6');
  const limit = pLimit(1);
  const values = await Promise.all([limit(async (a: number, b: number) => a + b, 1, 2), limit(() => 4)]);
  expect(values).toEqual([3, 4]);
  expect([limit.activeCount, limit.pendingCount, limit.concurrency]).toEqual([0, 0, 1]);
  limit.concurrency = 2;
  expect(limit.concurrency).toBe(2);
  expect(() => pLimit(0)).toThrow(TypeError);
});

it.each(['piscina', 'piscina-4'])('shows the wait for a thread of %s', async (alias) => {
  const { Piscina } = library('piscina', alias);
  shows('piscina', ['wait', 'state'], apps.get(alias)!.versions['piscina']);
  const filename = fileURLToPath(new URL('../src/adapters/piscina/piscina-worker.cjs', import.meta.url));
  const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
  await Promise.all([pool.run(1), pool.run(1)]);
  recorded.clear();
  const callers = ['first', 'second', 'third'];
  const results = await Promise.all(callers.map((caller) => recorded.inSpan(caller, () => pool.run(5))));
  expect(results).toEqual([5, 5, 5]);
  await expect(recorded.inSpan('failing', () => pool.run(-1))).rejects.toThrow('failed');
  await pool.destroy();
  expect(waits(recorded)).toHaveLength(2);
  for (const [i, caller] of ['second', 'third'].entries()) {
    expect(waitOf(caller)).toMatchObject({
      name: 'pool.acquire piscina-worker.cjs',
      attributes: {
        'pool.wait_reason': 'queue',
        'pool.used': 1,
        'pool.limit': 1,
        'pool.pending': i,
        // Its thread was idle.
        'pool.holder.operation': 'first',
      },
    });
  }
});

it('opens no more than a thousand spans for a line of any length', async () => {
  const queue = new (library('p-queue', 'p-queue-6'))({ concurrency: 1 });
  const { letGo, ended } = hold((work) => queue.add(work));
  const count = 3_000;
  startedSpans = 0;
  const tasks: Promise<unknown>[] = [];
  await recorded.inSpan('caller', async () => {
    for (let i = 0; i < count; i++) tasks.push(queue.add(() => {}));
  });
  // `caller` among them, and those that have started.
  expect(startedSpans).toBeLessThanOrEqual(1_002);
  letGo();
  await Promise.all([ended, ...tasks]);
  expect(waits(recorded)).toHaveLength(count);
});
