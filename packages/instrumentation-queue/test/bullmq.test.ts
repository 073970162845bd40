import { setImmediate as turn } from 'node:timers/promises';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { isSuppressed, withXTraceId, xTraceIdOf } from '@foreshock/kit';
import {
  installed,
  shows,
  startRedis,
  testedVersions,
  type Installed,
  type ReceivedSpan,
  type Redis,
} from '@foreshock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

const recorder = startRecorder();
const { inSpan, ended } = recorder;
afterAll(() => recorder.stop());
afterEach(() => recorder.clear());

/** By the names they have in this package's devDependencies. */
const VERSIONS = ['bullmq-5-0', 'bullmq-5-13', 'bullmq-5-34', 'bullmq-5', 'bullmq'];

const linkTo = ({ traceId, spanId }: ReceivedSpan) => ({ traceId, spanId, attributes: {} });

function added(queue: string, operation = 'add', more: object = {}): object {
  return {
    'messaging.system': 'bullmq',
    'messaging.operation.name': operation,
    'messaging.operation.type': 'send',
    'messaging.destination.name': queue,
    ...more,
  };
}

function processed(queue: string, id: string | undefined, more: object = {}): object {
  return {
    'messaging.system': 'bullmq',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': queue,
    'messaging.message.id': id,
    'queue.wait_ms': expect.any(Number),
    'queue.attempt': 1,
    'queue.max_attempts': 1,
    ...more,
  };
}

let names = 0;

describe.each(testedVersions(VERSIONS))('%s', (alias) => {
  /** Before its telemetry: other ways to travel, and no span for a flow. */
  const isEarly = alias === 'bullmq-5-0' || alias === 'bullmq-5-13';
  const metadataOf = ({ opts }: any): string | undefined => (isEarly ? opts.tm : opts.telemetry?.metadata);
  let app: Installed;
  let server: Redis;
  let bullmq: any;
  let connection: object;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    app = installed({ bullmq: alias });
    bullmq = app.require('bullmq');
    server = await startRedis();
    connection = { host: server.host, port: server.port, db: server.database, maxRetriesPerRequest: null };
    return async () => {
      await server.stop();
      app.remove();
    };
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  const keep = <T extends { close(): Promise<unknown> }>(each: T): T => {
    open.push(each);
    return each;
  };
  const queueOf = async (name = `queue-${++names}`, options: object = {}): Promise<any> => {
    const queue = keep(new bullmq.Queue(name, { connection, ...options }));
    await queue.waitUntilReady();
    return queue;
  };
  const workerOf = (name: string, processor: unknown, options: object = {}): any =>
    keep(new bullmq.Worker(name, processor, { connection, drainDelay: 1, ...options }));

  it('adds a job with the trace in its metadata, and the caller keeps its own objects', async () => {
    const queue = await queueOf();
    const data = Object.freeze({ to: 'a@example.org' });
    const options = Object.freeze({ attempts: 2, removeOnComplete: true });
    const [job, caller] = await inSpan('caller', async (span) => [
      await queue.add('welcome', data, options),
      span.spanContext(),
    ]);
    const [send] = await ended(`send ${queue.name}`);
    expect(send).toMatchObject({
      kind: 'PRODUCER',
      traceId: caller.traceId,
      parentSpanId: caller.spanId,
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(send!.attributes).toEqual(added(queue.name, 'add', { 'messaging.message.id': job.id }));
    const stored = await queue.getJob(job.id);
    expect(stored.data).toEqual({ to: 'a@example.org' });
    expect(stored.opts).toMatchObject({ attempts: 2, removeOnComplete: true });
    expect(JSON.parse(metadataOf(stored)!)).toEqual({
      traceparent: `00-${caller.traceId}-${send!.spanId}-03`,
      'x-trace-id': caller.traceId,
      'foreshock-trace': expect.stringMatching(/^1;\d{13}$/),
    });
  });

  it('is a child of the sender, and so is its event for listeners', async () => {
    shows('bullmq', ['wait'], app.versions['bullmq']);
    const queue = await queueOf();
    const job = await context.with(withXTraceId(context.active(), 'order-77'), () => queue.add('welcome', { a: 1 }));
    const inside: Record<string, unknown> = {};
    const note = (what: string): void => {
      inside[what] = [
        trace.getActiveSpan()?.spanContext().traceId,
        xTraceIdOf(context.active()),
        isSuppressed(context.active()),
      ];
    };
    const { promise: completed, resolve } = Promise.withResolvers<void>();
    const worker = workerOf(queue.name, async ({ data }: any) => {
      note('handler');
      inside['data'] = data;
    });
    worker.on('active', () => (inside['active'] = context.active() === ROOT_CONTEXT));
    worker.on('completed', () => {
      note('listener');
      resolve();
    });
    await completed;
    const [send] = await ended(`send ${queue.name}`);
    const [process] = await ended(`process ${queue.name}`);
    expect(process).toMatchObject({
      kind: 'CONSUMER',
      traceId: send!.traceId,
      parentSpanId: send!.spanId,
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(process!.attributes).toEqual(processed(queue.name, job.id));
    const here = [send!.traceId, 'order-77', false];
    expect(inside).toEqual({ data: { a: 1 }, handler: here, listener: here, active: true });
  });

  it('makes one span of many jobs, and one of each that is handled', async () => {
    const queue = await queueOf();
    await queue.addBulk([
      { name: 'one', data: { n: 1 } },
      { name: 'two', data: { n: 2 }, opts: { attempts: 3 } },
    ]);
    workerOf(queue.name, async () => {});
    const [send, ...rest] = await ended(`send ${queue.name}`);
    const processes = await ended(`process ${queue.name}`, 2);
    expect(rest).toEqual([]);
    expect(send!.attributes).toEqual(added(queue.name, 'addBulk', { 'messaging.batch.message_count': 2 }));
    for (const process of processes) expect(process).toMatchObject({ parentSpanId: send!.spanId, links: [] });
  });

  it('starts as many traces as jobs where there are too many for one', async () => {
    const queue = await queueOf();
    await queue.addBulk(Array.from({ length: 101 }, (_, n) => ({ name: 'many', data: { n } })));
    workerOf(queue.name, async () => {}, { concurrency: 50 });
    const [send] = await ended(`send ${queue.name}`);
    const processes = await ended(`process ${queue.name}`, 101);
    for (const process of processes) expect(process).toMatchObject({ parentSpanId: '', links: [linkTo(send!)] });
  });

  it('numbers the runs of a job that fails, and when it is given up', async () => {
    shows('bullmq', ['attempt or hit'], app.versions['bullmq']);
    const queue = await queueOf();
    const job = await queue.add('welcome', {}, { attempts: 3, backoff: { type: 'fixed', delay: 50 } });
    const errors = [new RangeError('first'), new bullmq.UnrecoverableError('never')];
    const failed: string[] = [];
    const worker = workerOf(queue.name, async () => {
      throw errors.shift();
    });
    worker.on('failed', ({ attemptsMade }: any, { message }: Error) =>
      failed.push(`${attemptsMade} ${message} ${trace.getActiveSpan()!.spanContext().traceId}`),
    );
    const processes = await ended(`process ${queue.name}`, 2);
    const [send] = await ended(`send ${queue.name}`);
    expect(processes.map(({ status }) => status)).toEqual([
      { code: 'ERROR', message: 'first' },
      { code: 'ERROR', message: 'never' },
    ]);
    for (const { parentSpanId } of processes) expect(parentSpanId).toBe(send!.spanId);
    expect(processes.map(({ attributes }) => attributes)).toEqual([
      processed(queue.name, job.id, { 'queue.max_attempts': 3, 'error.type': 'RangeError' }),
      processed(queue.name, job.id, {
        'queue.attempt': 2,
        'queue.max_attempts': 3,
        'error.type': 'UnrecoverableError',
      }),
    ]);
    await expect.poll(() => failed).toEqual([`1 first ${send!.traceId}`, `2 never ${send!.traceId}`]);
    // The back-off is no wait, as far as is known: the job is taken when it is due.
    const between = processes[1]!.startTime - processes[0]!.endTime;
    expect(processes[1]!.attributes['queue.wait_ms']).toBeLessThan(between - 40);
  });

  it('knows a job that its handler put off from one that failed', async () => {
    const queue = await queueOf();
    await queue.add('welcome', {});
    let runs = 0;
    workerOf(queue.name, async (job: any, token: string) => {
      if (++runs > 1) return;
      await job.moveToDelayed(Date.now() + 10, token);
      throw new bullmq.DelayedError();
    });
    const processes = await ended(`process ${queue.name}`, 2);
    expect(processes.map(({ status }) => status.code)).toEqual(['UNSET', 'UNSET']);
    expect(processes.map(({ attributes }) => attributes['queue.settled'])).toEqual(['requeue', undefined]);
  });

  it('says no wait of a job that stalled, and its own number', async () => {
    const queue = await queueOf();
    const job = await queue.add('welcome', {});
    const began = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    const lost = workerOf(
      queue.name,
      async () => {
        began.resolve();
        await goesOn.promise;
      },
      { lockDuration: 50, skipLockRenewal: true, lockRenewTime: 60_000, skipStalledCheck: true },
    );
    lost.on('error', () => {});
    await began.promise;
    workerOf(queue.name, async () => {}, { stalledInterval: 50 });
    const [second] = await ended(`process ${queue.name}`);
    goesOn.resolve();
    expect(second!.attributes).toEqual(
      processed(queue.name, job.id, { 'queue.wait_ms': undefined, 'queue.attempt': job.attemptsMade + 1 }),
    );
    const [send] = await ended(`send ${queue.name}`);
    expect(second).toMatchObject({ parentSpanId: send!.spanId, status: { code: 'UNSET' } });
    const [, first] = await ended(`process ${queue.name}`, 2);
    expect(first!.attributes).toMatchObject({ 'queue.attempt': 1, 'queue.wait_ms': expect.any(Number) });
  });

  it('does not count a delay as a wait, and starts a trace of its own after a long one', async () => {
    const queue = await queueOf();
    const soon = await queue.add('soon', {}, { delay: 200 });
    // Added by a clock of yesterday, and due.
    const late = await queue.add('late', {}, { delay: 60_001, timestamp: Date.now() - 60_001 });
    workerOf(queue.name, async () => {});
    const sends = await ended(`send ${queue.name}`, 2);
    const processes = await ended(`process ${queue.name}`, 2);
    const of = (job: any) => processes.find(({ attributes }) => attributes['messaging.message.id'] === job.id)!;
    expect(of(soon).parentSpanId).toBe(sends[0]!.spanId);
    const waited = of(soon).startTime - sends[0]!.startTime - (of(soon).attributes['queue.wait_ms'] as number);
    expect(waited).toBeGreaterThan(190);
    expect(of(late)).toMatchObject({ parentSpanId: '', links: [linkTo(sends[1]!)] });
    expect(of(late).traceId).not.toBe(sends[1]!.traceId);
  });

  it.each(alias === 'bullmq' ? ['job scheduler'] : isEarly ? ['repeatable job'] : ['job scheduler', 'repeatable job'])(
    'makes a trace of each run of a %s, linked to who set it up',
    async (kind) => {
      const queue = await queueOf();
      await inSpan('caller', () =>
        kind === 'job scheduler'
          ? queue.upsertJobScheduler('report', { every: 50 }, { name: 'daily', data: { n: 1 } })
          : queue.add('daily', { n: 1 }, { repeat: { every: 50 } }),
      );
      const seen: unknown[] = [];
      const worker = workerOf(queue.name, async ({ data }: any) => void seen.push(data));
      const processes = await ended(`process ${queue.name}`, 3);
      await worker.close();
      const [send, ...rest] = await ended(`send ${queue.name}`);
      expect(rest).toEqual([]);
      for (const process of processes) expect(process).toMatchObject({ parentSpanId: '', links: [linkTo(send!)] });
      expect(new Set(processes.map(({ traceId }) => traceId)).size).toBe(processes.length);
      expect(seen.slice(0, 3)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
      await queue.obliterate({ force: true });
    },
  );

  it.each(isEarly ? ['flow'] : [])('follows each job of a %s to who added it', async () => {
    const queue = await queueOf();
    const flows = keep(new bullmq.FlowProducer({ connection }));
    const child = { name: 'child', queueName: queue.name, data: { n: 1 } };
    await inSpan('caller', () =>
      flows.add({ name: 'parent', queueName: queue.name, data: { n: 0 }, children: [child] }),
    );
    workerOf(queue.name, async ({ data }: any) => data.n);
    const processes = await ended(`process ${queue.name}`, 2);
    const [caller] = await ended('caller');
    for (const process of processes) expect(process).toMatchObject({ parentSpanId: caller!.spanId, links: [] });
    expect(processes.map(({ attributes }) => 'queue.wait_ms' in attributes)).toEqual([true, false]);
  });

  it.each(isEarly ? [] : ['flow'])('sends a %s once, and follows each of its jobs', async () => {
    const queue = await queueOf();
    const flows = keep(new bullmq.FlowProducer({ connection }));
    const flow = Object.freeze({
      name: 'parent',
      queueName: queue.name,
      data: { n: 0 },
      children: [
        Object.freeze({ name: 'child', queueName: queue.name, data: { n: 1 }, opts: Object.freeze({ attempts: 2 }) }),
        Object.freeze({ name: 'child', queueName: queue.name, data: { n: 2 } }),
      ],
    });
    const tree = await inSpan('caller', () => flows.add(flow));
    workerOf(queue.name, async ({ data }: any) => data.n);
    const processes = await ended(`process ${queue.name}`, 3);
    const [send, ...rest] = await ended(`send ${queue.name}`);
    expect(rest).toEqual([]);
    const [caller] = await ended('caller');
    expect(send).toMatchObject({ kind: 'PRODUCER', parentSpanId: caller!.spanId });
    expect(send!.attributes).toEqual(added(queue.name, 'addFlow', { 'messaging.batch.message_count': 3 }));
    for (const process of processes) expect(process).toMatchObject({ parentSpanId: send!.spanId, links: [] });
    // The parent was due when its children were done.
    expect(processes.map(({ attributes }) => 'queue.wait_ms' in attributes)).toEqual([true, true, false]);
    expect(processes[2]!.attributes['messaging.message.id']).toBe(tree.job.id);
    expect(tree.children.map(({ job }: any) => job.data)).toEqual([{ n: 1 }, { n: 2 }]);
    recorder.clear();

    await flows.addBulk([flow, flow]);
    expect((await ended('send'))[0]!.attributes).toMatchObject({ 'messaging.batch.message_count': 6 });
    await ended(`process ${queue.name}`, 6);
  });

  it('takes the trace of who adds a job with the options of another, not of that', async () => {
    const queue = await queueOf();
    const flows = keep(new bullmq.FlowProducer({ connection }));
    const seen = Promise.withResolvers<any>();
    const worker = workerOf(queue.name, async ({ name, opts }: any) => void (name === 'first' && seen.resolve(opts)));
    await inSpan('request 0', () => queue.add('first', {}, { attempts: 3 }));
    const opts = Object.freeze({ ...(await seen.promise), jobId: undefined });
    await ended(`process ${queue.name}`);
    const ways = [
      () => queue.add('again', {}, opts),
      () => queue.addBulk([{ name: 'again', data: {}, opts }]),
      () => flows.add({ name: 'again', queueName: queue.name, data: {}, opts }),
      () => flows.addBulk([{ name: 'again', queueName: queue.name, data: {}, opts }]),
    ];
    for (const [index, add] of ways.entries()) {
      await inSpan(`request ${index + 1}`, add);
      const processes = await ended(`process ${queue.name}`, index + 2);
      const [request] = await ended(`request ${index + 1}`);
      expect(processes.at(-1)).toMatchObject({ traceId: request!.traceId, links: [] });
    }
    await worker.close();
  });

  it('begins a new trace every so often for a job that adds itself again', async () => {
    const queue = await queueOf();
    let runs = 0;
    workerOf(queue.name, async () => {
      if (++runs < 70) await queue.add('again', {});
    });
    await queue.add('first', {});
    const processes = await ended(`process ${queue.name}`, 70);
    const sends = await ended(`send ${queue.name}`, 70);
    const begun = processes.flatMap(({ parentSpanId }, index) => (parentSpanId === '' ? [index] : []));
    expect(begun).toEqual([32, 65]);
    for (const index of begun) expect(processes[index]!.links).toEqual([linkTo(sends[index]!)]);
    expect(new Set(processes.map(({ traceId }) => traceId)).size).toBe(3);
  });

  describe('waits from when a job is due', () => {
    const wait = ({ attributes }: ReceivedSpan): unknown => attributes['queue.wait_ms'];
    const attempts = (spans: ReceivedSpan[]): unknown[] =>
      spans.map(({ attributes }) => [attributes['queue.attempt'], attributes['queue.max_attempts']]);

    it('as this process put it off, brought it forward and retried it', async () => {
      const queue = await queueOf();
      const delayed = await queue.add('later', {}, { delay: 20 });
      await delayed.changeDelay(1_000);
      let runs = 0;
      let due = 0;
      const worker = workerOf(queue.name, async (job: any, token: string) => {
        if (job.name === 'put off' && ++runs === 1) {
          due = Date.now() + 1_000;
          await job.moveToDelayed(due, token);
          throw new bullmq.DelayedError();
        }
        if (job.name === 'fails') throw new Error('no');
      });
      const [changed] = await ended(`process ${queue.name}`);
      expect(changed!.startTime - delayed.timestamp).toBeGreaterThan(900);
      expect(wait(changed!)).toBeLessThan(changed!.startTime - delayed.timestamp - 900);
      recorder.clear();

      await queue.add('put off', {});
      const putOff = await ended(`process ${queue.name}`, 2);
      expect(wait(putOff[1]!)).toBeLessThan(putOff[1]!.startTime - due + 500);
      expect(attempts(putOff)).toEqual([
        [1, 1],
        [1, 1],
      ]);
      recorder.clear();

      const { promise: failed, resolve } = Promise.withResolvers<any>();
      worker.on('failed', resolve);
      await queue.add('fails', {});
      const job = await failed;
      await new Promise((resolve) => setTimeout(resolve, 500));
      await (await queue.getJob(job.id)).retry('failed');
      const retried = await ended(`process ${queue.name}`, 2);
      expect(wait(retried[1]!)).toBeLessThan(retried[1]!.startTime - retried[0]!.endTime - 400);
      // More often than it was to be tried.
      expect(attempts(retried)).toEqual([
        [1, 1],
        [2, undefined],
      ]);
      await worker.close();
      recorder.clear();

      const promoted = await queue.add('promoted', {}, { delay: 120_000 });
      const before = Date.now();
      await promoted.promote();
      await new Promise((resolve) => setTimeout(resolve, 300));
      workerOf(queue.name, async () => {});
      const [inTime] = await ended(`process ${queue.name}`);
      expect(wait(inTime!)).toBeGreaterThan(299);
      expect(wait(inTime!)).toBeLessThan(inTime!.startTime - before + 100);
      // Promoted at once, it is part of the trace.
      expect(inTime!.parentSpanId).toBe((await ended(`send ${queue.name}`))[0]!.spanId);
    });

    it('and not at all, when others may have seen to that', async () => {
      const queue = await queueOf();
      recorder.instrumentation.disable();
      // Another process: what it did is not in the job.
      const others = [
        await queue.add('delayed', {}, { delay: 1 }),
        await queue.add('ahead', {}, { timestamp: Date.now() + 3_600_000 }),
        await queue.add('behind', {}, { timestamp: Date.now() - 3_600_000 }),
      ];
      const plain = await queue.add('plain', {});
      recorder.instrumentation.enable();
      workerOf(queue.name, async () => {});
      const processes = await ended(`process ${queue.name}`, 4);
      const of = (job: any) => processes.find(({ attributes }) => attributes['messaging.message.id'] === job.id)!;
      expect(others.map((job) => wait(of(job)))).toEqual([undefined, undefined, undefined]);
      expect(wait(of(plain))).toEqual(expect.any(Number));
    });
  });

  it('takes the job that the end of another fetched along', async () => {
    const queue = await queueOf();
    await queue.add('one', {});
    await queue.add('two', {});
    const worker = workerOf(queue.name, null);
    const one = await worker.getNextJob('token');
    const [data, id] = await one.moveToCompleted('done', 'token', true);
    const two = bullmq.Job.fromJSON(worker, data, id);
    await two.moveToFailed(new RangeError('no'), 'token', false);
    const processes = await ended(`process ${queue.name}`, 2);
    expect(processes.map(({ attributes }) => [attributes['messaging.message.id'], attributes['error.type']])).toEqual([
      [one.id, undefined],
      [two.id, 'RangeError'],
    ]);
  });

  it('takes a job by hand, and says what became of it', async () => {
    const queue = await queueOf();
    const jobs = [await queue.add('one', {}), await queue.add('two', {})];
    const worker = workerOf(queue.name, null);
    await inSpan('poller', async () => {
      const one = await worker.getNextJob('token-1');
      await one.moveToCompleted('done', 'token-1', false);
      const two = await worker.getNextJob('token-2');
      await two.moveToFailed(new RangeError('no'), 'token-2', false);
    });
    const sends = await ended(`send ${queue.name}`, 2);
    const receives = await ended(`receive ${queue.name}`, 2);
    const processes = await ended(`process ${queue.name}`, 2);
    const [poller] = await ended('poller');
    for (const i of [0, 1]) {
      expect(receives[i]).toMatchObject({ kind: 'CLIENT', parentSpanId: poller!.spanId, links: [linkTo(sends[i]!)] });
      expect(processes[i]).toMatchObject({ parentSpanId: sends[i]!.spanId, links: [linkTo(receives[i]!)] });
    }
    expect(processes.map(({ attributes }) => attributes)).toEqual([
      processed(queue.name, jobs[0].id),
      processed(queue.name, jobs[1].id, { 'error.type': 'RangeError' }),
    ]);
  });

  it('hands over whatever another sender put into a job', async () => {
    const queue = await queueOf();
    const zeros = '00-00000000000000000000000000000000-0000000000000000-01';
    const strange = [
      'no json',
      '{',
      '[]',
      'null',
      '{"traceparent":7}',
      `{"traceparent":"${zeros}"}`,
      '{"traceparent":["00-","x"],"x-trace-id":{"a":1},"baggage":null}',
      '{"x-trace-id":"a\\r\\nSet-Cookie: b","foreshock-trace":-1}',
      '{"__proto__":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}',
      `{"x-datadog-trace-id":"1","long":"${'x'.repeat(1_000_000)}"}`,
    ];
    recorder.instrumentation.disable();
    for (const metadata of strange)
      await queue.add('strange', { long: 'x'.repeat(1_000) }, isEarly ? { tm: metadata } : { telemetry: { metadata } });
    recorder.instrumentation.enable();
    const seen: unknown[] = [];
    workerOf(queue.name, async (job: any) => void seen.push([job.data.long.length, metadataOf(job)]));
    const processes = await ended(`process ${queue.name}`, strange.length);
    expect(seen).toEqual(strange.map((metadata) => [1_000, metadata]));
    for (const process of processes)
      expect(process).toMatchObject({ parentSpanId: '', links: [], status: { code: 'UNSET' } });
  });

  it('sends a megabyte, with its trace, as it is', async () => {
    const queue = await queueOf();
    const data = { text: 'ü'.repeat(500_000) };
    await queue.add('big', data, { attempts: 1 });
    const handled = Promise.withResolvers<unknown>();
    workerOf(queue.name, async (job: any) => handled.resolve(job.data));
    expect(await handled.promise).toEqual(data);
    const [process] = await ended(`process ${queue.name}`);
    expect(process!.parentSpanId).toBe((await ended(`send ${queue.name}`))[0]!.spanId);
  });

  it('lets nothing travel where the application says so', async () => {
    const queue = await queueOf();
    const job = await queue.add('private', {}, { telemetry: { omitContext: true } });
    expect(metadataOf(await queue.getJob(job.id))).toBe(undefined);
    workerOf(queue.name, async () => {});
    expect((await ended(`process ${queue.name}`))[0]).toMatchObject({ parentSpanId: '', links: [] });
  });

  it('is silent about its own work, and shows what is done for a caller where it is done', async () => {
    const commands: { name: string; suppressed: boolean; span: string | undefined }[] = [];
    const { prototype } = app.require('bullmq/dist/cjs/classes/redis-connection.js').RedisConnection;
    const { init } = prototype;
    // What a watcher of redis would be given: a real connection, and what is active as it is asked.
    prototype.init = async function () {
      const client = await init.apply(this);
      const sendCommand = client.sendCommand ?? Object.getPrototypeOf(client).sendCommand;
      client.sendCommand = function (command: { name: string }, ...rest: unknown[]) {
        commands.push({
          name: command.name,
          suppressed: isSuppressed(context.active()),
          span: trace.getActiveSpan()?.spanContext().spanId,
        });
        return sendCommand.call(this, command, ...rest);
      };
      return client;
    };
    try {
      const queue = await queueOf();
      await inSpan('caller', async () => {
        workerOf(queue.name, async (job: any) => job.log('hello'));
        await queue.add('welcome', {});
        await ended(`process ${queue.name}`);
      });
      const before = commands.length;
      await queue.getJobCounts('waiting', 'active');
      await queue.getJob('none');
      // In 5 these go to Redis by themselves.
      await queue.isPaused();

      expect(commands.slice(before).map(({ name }) => name)).toContain('hgetall');
      expect(commands.slice(before).filter(({ suppressed }) => !suppressed)).toEqual([]);
      await inSpan('caller', () => queue.getJob('none'));
      expect(commands.splice(before).filter(({ suppressed }) => !suppressed)).toMatchObject([{ name: 'hgetall' }]);

      const [send] = await ended(`send ${queue.name}`);
      const [process] = await ended(`process ${queue.name}`);
      await Promise.all(open.splice(0).map((each) => each.close()));
      const [shown, silent] = [false, true].map((suppressed) =>
        commands.filter((each) => each.suppressed === suppressed),
      );
      // What the handler asks for. bullmq 5 describes a queue that is opened, once, where it is opened.
      expect(shown!.filter(({ span }) => span === process!.spanId).map(({ name }) => name)).toEqual(
        alias === 'bullmq-5-0' ? ['multi', 'rpush', 'exec'] : ['evalsha'],
      );
      const opening = shown!.filter(({ span }) => span !== process!.spanId).map(({ name }) => name);
      expect(opening).toEqual(alias === 'bullmq' ? [] : [expect.stringMatching(/^hm?set$/)]);
      // The send is the `send`; the fetch loop and closing connections belong to no request.
      expect(silent!.filter(({ span }) => span === send!.spanId).map(({ name }) => name)).toEqual(['evalsha']);
      expect(new Set(silent!.map(({ span }) => span))).toEqual(new Set([undefined, send!.spanId]));
      expect(silent!.map(({ name }) => name)).toContain('quit');
    } finally {
      prototype.init = init;
    }
  });

  it('keeps two hundred jobs over three workers apart', async () => {
    shows('bullmq', ['parent'], app.versions['bullmq']);
    const queue = await queueOf();
    const senders = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        inSpan('caller', async (span) => {
          await queue.add('one', { i });
          return span.spanContext().traceId;
        }),
      ),
    );
    const seen: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      workerOf(
        queue.name,
        async ({ data }: any) => {
          await turn();
          seen[data.i] = trace.getActiveSpan()?.spanContext().traceId;
        },
        { concurrency: 2 },
      );
    }
    const processes = await ended(`process ${queue.name}`, 200);
    expect(seen).toEqual(senders);
    expect(new Set(processes.map(({ traceId }) => traceId))).toEqual(new Set(senders));
  });
});
