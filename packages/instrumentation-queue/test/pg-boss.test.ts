import { context, propagation, trace } from '@opentelemetry/api';
import { isSuppressed, withXTraceId, xTraceIdOf } from '@foreshock/kit';
import {
  installed,
  shows,
  startPostgres,
  testedVersions,
  type Installed,
  type Postgres,
  type ReceivedSpan,
} from '@foreshock/testkit';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

const recorder = startRecorder();
const { inSpan, ended } = recorder;
afterAll(() => recorder.stop());
afterEach(() => recorder.clear());

type Job = { id: string; name: string; data: any; [key: string]: unknown };
type Row = { id: string; data: unknown; state: string; retry_count: number };

let queues = 0;

/** The versions the adapter is tested with, by the names they have in this package's devDependencies. */
const PG_BOSSES = ['pg-boss-10-0', 'pg-boss-10', 'pg-boss-11', 'pg-boss-12-0', 'pg-boss-12-35', 'pg-boss'];
/** One more, such as one that the registry has no dependencies for: its folder in the root's `node_modules`. */
const EXTRA = process.env['FORESHOCK_TEST_PG_BOSS'];

describe.each([...testedVersions(PG_BOSSES), ...(EXTRA ? [EXTRA] : [])])('%s', (alias) => {
  let app: Installed;
  let PgBoss: new (config: object) => any;
  let pg: Postgres;
  let sql: Pool;
  let boss: any;
  let major: number;

  beforeAll(async () => {
    app = installed({ 'pg-boss': alias });
    const exported = app.require('pg-boss');
    PgBoss = exported.PgBoss ?? exported;
    major = Number.parseInt(app.versions['pg-boss']!);
    pg = await startPostgres();
    sql = new Pool({ connectionString: pg.url });
    boss = await inSpan('start', startBoss);
    return async () => {
      await boss.stop({ graceful: false });
      await sql.end();
      await pg.stop();
      app.remove();
    };
  });

  async function startBoss(): Promise<any> {
    const started = new PgBoss({ connectionString: pg.url, supervise: false, schedule: false });
    started.on('error', () => {});
    await started.start();
    return started;
  }

  /** What `fn` gives while the instrumentation is disabled. */
  async function untraced<T>(fn: () => Promise<T>): Promise<T> {
    recorder.instrumentation.disable();
    try {
      return await fn();
    } finally {
      recorder.instrumentation.enable();
      // An instance of 10 and 11 keeps the methods it found when it was made.
      if (major < 12) {
        await boss.stop({ graceful: false });
        boss = await startBoss();
      }
    }
  }

  async function createQueue(options: object = {}): Promise<string> {
    const name = `queue-${++queues}`;
    await boss.createQueue(name, { retryLimit: 0, ...options });
    recorder.clear();
    return name;
  }

  async function rows(queue: string): Promise<Row[]> {
    return (await sql.query<Row>('SELECT * FROM pgboss.job WHERE name = $1 ORDER BY created_on', [queue])).rows;
  }

  const sent = (queue: string, id: string | undefined, attributes: object = {}) => ({
    'messaging.system': 'pg-boss',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': queue,
    ...(id !== undefined && { 'messaging.message.id': id }),
    ...attributes,
  });
  const processed = (queue: string, id: string, attributes: object = {}) => ({
    'messaging.system': 'pg-boss',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': queue,
    'messaging.message.id': id,
    'queue.wait_ms': expect.any(Number),
    'queue.attempt': 1,
    'queue.max_attempts': 1,
    ...attributes,
  });
  const linkTo = (span: ReceivedSpan, attributes: object = {}) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    attributes,
  });

  it('starts, polls and keeps itself up without a trace', async () => {
    expect(recorder.spans().filter(({ name }) => name !== 'start')).toEqual([]);
    const statements: { text: string; suppressed: boolean; span: string | undefined }[] = [];
    const db = {
      executeSql(text: string, values: unknown[]) {
        const active = trace.getActiveSpan() as { name?: string } | undefined;
        statements.push({ text, suppressed: isSuppressed(context.active()), span: active?.name });
        return sql.query(text, values);
      },
    };
    const queue = await createQueue();
    const other = new PgBoss({ db, supervise: false, schedule: false });
    const suppressed = Promise.withResolvers<boolean>();
    other.on('error', () => suppressed.resolve(isSuppressed(context.active())));
    await inSpan('request', async () => {
      await other.start();
      await other.send(queue, { a: 1 });
      await other.work(queue, () => sql.query('SELECT 1'));
      other.emit('error', new Error('not in the background'));
    });
    await ended(`process ${queue}`);
    expect(await suppressed.promise).toBe(false);
    const inserts = statements.filter(({ text }) => /INSERT INTO pgboss\.(?:job|j\w+) /.test(text));
    expect(inserts).toEqual([{ text: expect.any(String), suppressed: false, span: `send ${queue}` }]);
    const fetches = statements.filter(({ text }) => text.includes('RETURNING j.id'));
    expect(fetches.length).toBeGreaterThan(0);
    for (const fetch of fetches) expect(fetch).toMatchObject({ suppressed: true, span: undefined });
    await other.stop({ graceful: false });
  });

  it('is one trace from the request to the handler, with the wait between', async () => {
    shows('pg-boss', ['wait'], app.versions['pg-boss']);
    const queue = await createQueue();
    const data = Object.freeze({ to: 'a@example.org', parts: [1, 2] });
    const id = await inSpan('request', () => boss.send(queue, data));
    const handled = Promise.withResolvers<{ jobs: Job[]; span: string | undefined; suppressed: boolean }>();
    await inSpan('boot', () =>
      boss.work(queue, async (jobs: Job[]) => {
        await sql.query('SELECT 1');
        handled.resolve({
          jobs,
          span: trace.getActiveSpan()?.spanContext().spanId,
          suppressed: isSuppressed(context.active()),
        });
      }),
    );
    const { jobs, span, suppressed } = await handled.promise;
    const [process] = await ended(`process ${queue}`);
    const [request, send] = [...(await ended('request')), ...(await ended(`send ${queue}`))];
    expect(suppressed).toBe(false);
    expect(jobs.map((job) => [job.id, job.name, job.data])).toEqual([[id, queue, data]]);
    expect(send).toMatchObject({
      traceId: request!.traceId,
      parentSpanId: request!.spanId,
      kind: 'PRODUCER',
      scope: '@foreshock/instrumentation-queue',
      attributes: sent(queue, id),
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(send!.attributes).toEqual(sent(queue, id));
    expect(process).toMatchObject({
      traceId: request!.traceId,
      spanId: span,
      parentSpanId: send!.spanId,
      kind: 'CONSUMER',
      scope: '@foreshock/instrumentation-queue',
      links: [],
      events: [],
      status: { code: 'UNSET' },
    });
    expect(process!.attributes).toEqual(processed(queue, id));
    expect(process!.attributes['queue.wait_ms']).toBeGreaterThan(0);
    expect(recorder.spans().map(({ name }) => name)).toEqual([`send ${queue}`, 'request', 'boot', `process ${queue}`]);
  });

  it('takes baggage and the x-trace-id text along', async () => {
    const queue = await createQueue();
    const where = withXTraceId(
      propagation.setBaggage(context.active(), propagation.createBaggage({ tenant: { value: 'blue' } })),
      'order-4711',
    );
    await context.with(where, () => boss.send(queue, {}));
    const seen = Promise.withResolvers<unknown[]>();
    await boss.work(queue, async () => {
      const here = context.active();
      seen.resolve([propagation.getBaggage(here)?.getEntry('tenant')?.value, xTraceIdOf(here)]);
    });
    expect(await seen.promise).toEqual(['blue', 'order-4711']);
    await ended(`process ${queue}`);
  });

  it('hands over jobs that look as they do without it', async () => {
    const queue = await createQueue();
    const payloads: unknown[] = [{ a: { b: [1, null, 'x'] }, z: 1 }, {}, null, { nested: { data: {} } }];
    // 10 gives an array to node-postgres as an SQL array, which fails with and without us.
    if (major > 10) payloads.push([1, { two: 2 }], 'text', 7, true);
    const look = async (): Promise<unknown[]> => {
      const seen: unknown[] = [];
      for (const data of payloads) {
        const id = await inSpan('request', () => boss.send(queue, data));
        const [job] = await boss.fetch(queue);
        expect(job.id).toBe(id);
        seen.push({ ...job, id: 'id' }, Object.keys(job));
        const metadata = await boss.send(queue, data);
        const [full] = await boss.fetch(queue, { includeMetadata: true });
        seen.push(Object.keys(full), full.data);
        const stored = await boss.getJobById(queue, metadata);
        seen.push(Object.keys(stored), stored.data, stored.output);
        if (boss.findJobs) seen.push((await boss.findJobs(queue, { id: metadata })).map((found: Job) => found.data));
      }
      return seen;
    };
    const withUs = await look();
    expect(withUs).toEqual(await untraced(look));
  });

  it('goes on in its trace whatever the data is', async () => {
    const queue = await createQueue();
    const id = await inSpan('request', () => boss.send(queue));
    expect((await rows(queue)).map(({ data }) => data)).toEqual([null]);
    const handled = Promise.withResolvers<Job[]>();
    await boss.work(queue, async (jobs: Job[]) => handled.resolve(jobs));
    expect((await handled.promise)[0]!.data).toBe(null);
    const [process] = await ended(`process ${queue}`);
    const [send] = await ended(`send ${queue}`);
    expect(process!.parentSpanId).toBe(send!.spanId);
    expect(process!.attributes).toEqual(processed(queue, id));
  });

  it('adds nothing to the data that a worker without it gets, which may refuse a key that it does not know', async () => {
    const queue = await createQueue({ retryLimit: 1, retryDelay: 0 });
    await inSpan('request', () => boss.send(queue, { orderId: 7 }));
    await inSpan('request', () => boss.insert(...(major > 10 ? [queue] : []), [{ name: queue, data: { orderId: 8 } }]));
    expect((await rows(queue)).map(({ data }) => data)).toEqual([{ orderId: 7 }, { orderId: 8 }]);
    const jobs = await untraced(async () => {
      const fetched: Job[] = [...(await boss.fetch(queue)), ...(await boss.fetch(queue))];
      for (const { id } of fetched) await boss.fail(queue, id, new Error('refused'));
      return fetched.map(({ data }) => data);
    });
    expect(jobs).toEqual([{ orderId: 7 }, { orderId: 8 }]);
    // And to what it finds of an attempt that failed.
    const stored = await sql.query('SELECT output FROM pgboss.job WHERE name = $1', [queue]);
    for (const { output } of stored.rows) expect(output).toMatchObject({ message: 'refused' });
    expect(JSON.stringify(stored.rows)).not.toContain('traceparent');
  });

  it('numbers the runs of a job that fails, and says when it is given up', async () => {
    shows('pg-boss', ['attempt or hit'], app.versions['pg-boss']);
    const dead = await createQueue();
    const queue = await createQueue({ retryLimit: 1, retryDelay: 0, deadLetter: dead });
    const id = await boss.send(queue, { a: 1 });
    const worker = await boss.work(queue, { pollingIntervalSeconds: 0.5 }, async () => {
      boss.notifyWorker(worker);
      throw new RangeError('no such address');
    });
    const [first, last] = await ended(`process ${queue}`, 2);
    await boss.work(dead, async () => {});
    const [given] = await ended(`process ${dead}`);
    const [send] = await ended(`send ${queue}`);
    const child = { traceId: send!.traceId, parentSpanId: send!.spanId };
    const status = { code: 'ERROR', message: 'no such address' };
    expect([first, last, given]).toMatchObject([
      { ...child, status },
      { ...child, status },
      { ...child, status: { code: 'UNSET' } },
    ]);
    const failed = { 'queue.max_attempts': 2, 'error.type': 'RangeError' };
    expect(first!.attributes).toEqual(processed(queue, id, failed));
    expect(last!.attributes).toEqual(
      processed(queue, id, { ...failed, 'queue.attempt': 2, 'queue.dead_lettered': true }),
    );
    await expect.poll(async () => (await rows(queue)).map(({ state }) => state)).toEqual(['failed']);
  });

  it('survives a handler that throws at once, and one that returns no promise', async () => {
    const queue = await createQueue();
    await boss.insert(...(major > 10 ? [queue] : []), [
      { name: queue, data: { do: 'throw' } },
      { name: queue, data: { do: 'return' } },
    ]);
    const worker = await boss.work(queue, ([job]: Job[]) => {
      boss.notifyWorker(worker);
      if (job!.data.do === 'throw') throw new TypeError('at once');
      return 5;
    });
    const spans = await ended(`process ${queue}`, 2);
    expect(spans.map(({ status }) => status.code).toSorted()).toEqual(['ERROR', 'UNSET']);
    await expect
      .poll(async () => (await rows(queue)).map(({ state }) => state).toSorted())
      .toEqual(['completed', 'failed']);
  });

  it('calls a lazy thenable once', async () => {
    const queue = await createQueue();
    await boss.send(queue, {});
    let thens = 0;
    await boss.work(queue, () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- as a query builder is
      then(resolve: (value: unknown) => void) {
        thens++;
        resolve('done');
      },
    }));
    await ended(`process ${queue}`);
    await expect.poll(async () => (await rows(queue)).map(({ state }) => state)).toEqual(['completed']);
    expect(thens).toBe(1);
  });

  it('ends the span when the library gives up waiting for the handler', async () => {
    const queue = await createQueue();
    const id = await boss.send(queue, {}, { expireInSeconds: 1 });
    const release = Promise.withResolvers<void>();
    await boss.work(queue, () => release.promise);
    const [span] = await ended(`process ${queue}`);
    release.resolve();
    expect(span!.status.code).toBe('ERROR');
    expect(span!.attributes).toEqual(processed(queue, id, { 'error.type': 'timeout' }));
    expect(await ended(`process ${queue}`)).toHaveLength(1);
  });

  it('shows the silent loss: completed by hand, then failed', async () => {
    const queue = await createQueue();
    const id = await boss.send(queue, {});
    await boss.work(queue, async ([job]: Job[]) => {
      await boss.complete(queue, job!.id);
      throw new Error('too late');
    });
    const [span] = await ended(`process ${queue}`);
    expect(span!.attributes).toEqual(
      processed(queue, id, {
        'queue.settled': 'complete',
        'queue.settled_after_ms': expect.any(Number),
        'error.type': 'Error',
        'queue.acked_early': true,
      }),
    );
    expect(span!.status).toEqual({ code: 'ERROR', message: 'too late' });
    expect((await rows(queue)).map(({ state }) => state)).toEqual(['completed']);
  });

  it('says of a batch that it is lost when all of it was completed before its handler failed, not when a part was', async () => {
    const queue = await createQueue();
    for (const n of [1, 2]) await boss.send(queue, { n }, { retryLimit: 0 });
    await boss.work(queue, { batchSize: 2 }, async (jobs: Job[]) => {
      await boss.complete(queue, jobs[0]!.id);
      throw new Error('the other');
    });
    const [process] = await ended(`process ${queue}`);
    expect(process!.attributes).toMatchObject({ 'messaging.batch.message_count': 2, 'error.type': 'Error' });
    expect(process!.attributes).not.toHaveProperty('queue.acked_early');
  });

  it('shows a job that its handler failed by hand', async () => {
    const queue = await createQueue();
    const id = await boss.send(queue, {});
    await boss.work(queue, async ([job]: Job[]) => void (await boss.fail(queue, job!.id, new RangeError('not valid'))));
    const [span] = await ended(`process ${queue}`);
    expect(span!.attributes).toEqual(processed(queue, id, { 'error.type': 'RangeError' }));
    expect(span!.status).toEqual({ code: 'ERROR', message: 'not valid' });
  });

  it('gives a batch a trace of its own, with a link to each sender', async () => {
    const queue = await createQueue();
    const ids: string[] = [];
    for (const n of [1, 2]) ids.push(await inSpan('request', () => boss.send(queue, { n })));
    const handled = Promise.withResolvers<Job[]>();
    await boss.work(queue, { batchSize: 5 }, async (jobs: Job[]) => handled.resolve(jobs));
    const jobs = await handled.promise;
    const [process] = await ended(`process ${queue}`);
    const sends = await ended(`send ${queue}`, 2);
    expect(process!.parentSpanId).toBe('');
    expect(sends.map(({ traceId }) => traceId)).not.toContain(process!.traceId);
    expect(process!.attributes).toEqual({
      ...processed(queue, '', { 'messaging.batch.message_count': 2 }),
      'messaging.message.id': undefined,
    });
    expect(process!.links).toEqual(
      jobs.map(({ id }) =>
        linkTo(sends[ids.indexOf(id)]!, {
          'messaging.message.id': id,
          'queue.wait_ms': expect.any(Number),
          'queue.attempt': 1,
          'queue.max_attempts': 1,
        }),
      ),
    );
  });

  it('sends a batch as one, and each of its jobs is handled in its trace', async () => {
    const queue = await createQueue();
    const jobs = Object.freeze([
      Object.freeze({ name: queue, data: Object.freeze({ n: 1 }) }),
      Object.freeze({ name: queue, data: null }),
    ]);
    const result = await inSpan('request', () => boss.insert(...(major > 10 ? [queue] : []), jobs));
    // 10.0 gives what node-postgres gives it, later ones give ids if asked for.
    expect(result?.rowCount ?? result).toBe(alias === 'pg-boss-10-0' ? 2 : null);
    const [send] = await ended(`send ${queue}`);
    expect(send!.attributes).toEqual(
      sent(queue, undefined, { 'messaging.operation.name': 'insert', 'messaging.batch.message_count': 2 }),
    );
    const worker = await boss.work(queue, async () => boss.notifyWorker(worker));
    const parents = (await ended(`process ${queue}`, 2)).map(({ parentSpanId }) => parentSpanId);
    expect(parents.toSorted()).toEqual([send!.spanId, send!.spanId]);
  });

  it('says how sending failed, and leaves the error as it is', async () => {
    const queue = await createQueue();
    const id = crypto.randomUUID();
    const calls = {
      [`send ${queue}`]: () => boss.send(queue, { a: 1 }, { startAfter: 'whenever it suits' }),
      'send nowhere': () => boss.send('nowhere', { a: 1 }),
      [`send ${queue}s`]: () => boss.send(`${queue}s`, { n: 1n }),
      insert: () => boss.insert(...(major > 10 ? [queue] : []), [{ name: queue, id: 'no uuid', data: { id } }]),
    };
    const errorOf = async (call: () => Promise<unknown>): Promise<object> => {
      try {
        return { value: await call() };
      } catch (error) {
        const { constructor, message, code } = error as Error & { code?: string };
        return { constructor, message, code };
      }
    };
    for (const [name, call] of Object.entries(calls)) {
      recorder.clear();
      const withUs = await errorOf(call);
      const spans = recorder.spans();
      expect({ name, ...withUs }).toEqual({ name, ...(await untraced(() => errorOf(call))) });
      if ('value' in withUs) continue;
      const { code, constructor } = withUs as { code?: string; constructor: { name: string } };
      expect(spans).toMatchObject([
        { kind: 'PRODUCER', status: { code: 'ERROR' }, attributes: { 'error.type': code ?? constructor.name } },
      ]);
    }
  });

  it('says nothing of a message that was throttled away, but that it was tried', async () => {
    const queue = await createQueue();
    expect(await boss.sendThrottled(queue, { a: 1 }, {}, 3600, 'key')).toEqual(expect.any(String));
    expect(await boss.sendThrottled(queue, { a: 1 }, {}, 3600, 'key')).toBe(null);
    const debounced = await boss.sendDebounced(queue, { a: 1 }, {}, 3600, 'key');
    expect(debounced).toEqual(expect.any(String));
    const spans = await ended(`send ${queue}`, 3);
    expect(spans.map(({ attributes }) => attributes['messaging.message.id'])).toEqual([
      expect.any(String),
      undefined,
      debounced,
    ]);
  });

  it('sends in a transaction of the application, and not if it is rolled back', async () => {
    const queue = await createQueue();
    for (const end of ['ROLLBACK', 'COMMIT']) {
      const client = await sql.connect();
      const db = { executeSql: (text: string, values: unknown[]) => client.query(text, values) };
      await client.query('BEGIN');
      await inSpan(end, () => boss.send(queue, { end }, { db }));
      await client.query(end);
      client.release();
    }
    const handled = Promise.withResolvers<Job[]>();
    await boss.work(queue, async (jobs: Job[]) => handled.resolve(jobs));
    expect((await handled.promise).map(({ data }) => data)).toEqual([{ end: 'COMMIT' }]);
    const [process] = await ended(`process ${queue}`);
    expect(process!.traceId).toBe((await ended('COMMIT'))[0]!.traceId);
  });

  it('starts a trace of its own for a job sent for later, with a link', async () => {
    const queue = await createQueue();
    const id = await inSpan('request', () => boss.sendAfter(queue, { a: 1 }, {}, 120));
    // As it is after two minutes.
    await sql.query(
      `UPDATE pgboss.job SET created_on = created_on - interval '130 s', start_after = start_after - interval '130 s' WHERE id = $1`,
      [id],
    );
    await boss.work(queue, async () => {});
    const [process] = await ended(`process ${queue}`);
    const [send] = await ended(`send ${queue}`);
    expect(process).toMatchObject({ parentSpanId: '', links: [linkTo(send!)] });
    expect(process!.traceId).not.toBe(send!.traceId);
    expect(process!.attributes).toEqual(processed(queue, id));
    // Due ten seconds ago, not 130.
    expect(process!.attributes['queue.wait_ms']).toBeGreaterThan(9_000);
    expect(process!.attributes['queue.wait_ms']).toBeLessThan(60_000);
  });

  it('publishes to every queue that subscribed', async () => {
    const [one, two] = [await createQueue(), await createQueue()];
    await boss.subscribe('paid', one);
    await boss.subscribe('paid', two);
    await inSpan('request', () => boss.publish('paid', { order: 1 }));
    const [request] = await ended('request');
    for (const queue of [one, two]) {
      await boss.work(queue, async () => {});
      const [process] = await ended(`process ${queue}`);
      const [send] = await ended(`send ${queue}`);
      expect(send!.parentSpanId).toBe(request!.spanId);
      expect(process!.parentSpanId).toBe(send!.spanId);
    }
  });

  it('makes a plain trace of each tick of a schedule', async () => {
    const queue = await createQueue();
    const { url } = pg;
    const other = new PgBoss({
      connectionString: url,
      supervise: false,
      schedule: true,
      cronWorkerIntervalSeconds: 1,
    });
    other.on('error', () => {});
    await inSpan('request', async () => {
      await other.start();
      await other.schedule(queue, '0 0 1 1 *', { tick: true });
    });
    // A tick as the cron pass writes it, a minute at the earliest from now.
    await boss.send('__pgboss__send-it', { name: queue, data: { tick: true }, options: {} });
    const handled = Promise.withResolvers<Job[]>();
    await other.work(queue, { pollingIntervalSeconds: 0.5 }, async (jobs: Job[]) => handled.resolve(jobs));
    expect((await handled.promise)[0]!.data).toEqual({ tick: true });
    const [process] = await ended(`process ${queue}`);
    expect(process).toMatchObject({ parentSpanId: '', links: [] });
    expect(recorder.spans().map(({ name }) => name)).toEqual(['request', `process ${queue}`]);
    await other.unschedule(queue);
    await other.stop({ graceful: false });
  });

  it('shows fetching by hand, and what became of the job', async () => {
    const queue = await createQueue({ retryLimit: 1, retryDelay: 0 });
    const id = await inSpan('request', () => boss.send(queue, { a: 1 }));
    await inSpan('poller', async () => {
      const [job] = await boss.fetch(queue);
      await boss.fail(queue, job.id, new RangeError('not today'));
      const [again] = await boss.fetch(queue);
      await boss.complete(queue, again.id);
      expect(await boss.fetch(queue)).toEqual([]);
    });
    const [send] = await ended(`send ${queue}`);
    const [poller] = await ended('poller');
    const receives = await ended(`receive ${queue}`, 2);
    const processes = await ended(`process ${queue}`, 2);
    const facts = (attempt: number) => ({
      ...processed(queue, id, { 'queue.attempt': attempt, 'queue.max_attempts': 2 }),
      'messaging.operation.name': 'receive',
      'messaging.operation.type': 'receive',
    });
    expect(await Promise.all([ended(`receive ${queue}`), ended(`process ${queue}`)])).toEqual([receives, processes]);
    expect(receives).toMatchObject(
      [1, 2].map(() => ({ kind: 'CLIENT', parentSpanId: poller!.spanId, links: [linkTo(send!)] })),
    );
    expect(receives.map(({ attributes }) => attributes)).toEqual([facts(1), facts(2)]);
    expect(processes).toMatchObject([
      {
        kind: 'CONSUMER',
        parentSpanId: send!.spanId,
        links: [linkTo(receives[0]!)],
        status: { code: 'ERROR', message: 'not today' },
      },
      { kind: 'CONSUMER', parentSpanId: send!.spanId, links: [linkTo(receives[1]!)], status: { code: 'UNSET' } },
    ]);
    expect(processes.map(({ attributes }) => attributes)).toEqual([
      processed(queue, id, { 'queue.max_attempts': 2, 'error.type': 'RangeError' }),
      processed(queue, id, { 'queue.attempt': 2, 'queue.max_attempts': 2 }),
    ]);
    for (const [index, process] of processes.entries()) {
      // Dated back by the millisecond clock; the fetch ended by the finer one.
      expect(process.startTime).toBeGreaterThanOrEqual(Math.floor(receives[index]!.startTime));
    }
  });

  it('hands over whatever another sender put into the table', async () => {
    const queue = await createQueue();
    const long = 'x'.repeat(1_000_000);
    const strange: unknown[] = [
      'text',
      null,
      [1],
      { traceparent: 7 },
      { traceparent: ['00-', 'x'] },
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'v'])),
      { traceparent: 'garbage' },
      { traceparent: '00-00000000000000000000000000000000-0000000000000000-01' },
      { traceparent: long, tracestate: long, baggage: long, 'x-trace-id': long },
      { 'x-trace-id': 'a\r\nSet-Cookie: b', 'foreshock-trace': '-1' },
    ];
    const data = { a: 1, __foreshock: { traceparent: '00-1-2-01' }, _datadog: { 'x-datadog-trace-id': '1' } };
    for (const carrier of strange) {
      await sql.query(
        `INSERT INTO pgboss.job (name, data, output, state, retry_limit) VALUES ($1, $2, $3, 'created', 0)`,
        [queue, JSON.stringify(data), JSON.stringify({ __foreshock: carrier })],
      );
    }
    const seen: unknown[] = [];
    const worker = await boss.work(queue, async ([job]: Job[]) => {
      boss.notifyWorker(worker);
      seen.push(job!.data);
    });
    const processes = await ended(`process ${queue}`, strange.length);
    expect(seen).toEqual(strange.map(() => data));
    for (const process of processes) expect(process).toMatchObject({ parentSpanId: '', links: [] });
    await expect
      .poll(async () => (await rows(queue)).map(({ state }) => state), { timeout: 10_000 })
      .toEqual(strange.map(() => 'completed'));
  });

  it('sends a megabyte, with its trace, as it is', async () => {
    const queue = await createQueue();
    const data = { text: 'ü'.repeat(500_000), list: Array.from({ length: 1_000 }, (_, n) => ({ n })) };
    const copy = structuredClone(data);
    await boss.send(queue, data);
    expect(data).toEqual(copy);
    const handled = Promise.withResolvers<Job[]>();
    await boss.work(queue, async (jobs: Job[]) => handled.resolve(jobs));
    expect((await handled.promise)[0]!.data).toEqual(copy);
    const [process] = await ended(`process ${queue}`);
    expect(process!.parentSpanId).toBe((await ended(`send ${queue}`))[0]!.spanId);
  });

  it('counts what is sent and handled, and how long it waited', async () => {
    const queue = await createQueue();
    await boss.send(queue, {});
    await boss.work(queue, async () => {
      throw new RangeError('no');
    });
    await ended(`process ${queue}`);
    const points = (await recorder.metrics()).flatMap(({ name, unit, points: all }) =>
      all
        .filter(({ attributes }) => attributes['messaging.destination.name'] === queue)
        .map(({ attributes, value, count }) => ({ name, unit, error: attributes['error.type'], n: value ?? count })),
    );
    expect(points).toEqual(
      expect.arrayContaining([
        { name: 'messaging.client.sent.messages', unit: '{message}', error: undefined, n: 1 },
        { name: 'messaging.client.operation.duration', unit: 's', error: undefined, n: 1 },
        { name: 'messaging.client.consumed.messages', unit: '{message}', error: undefined, n: 1 },
        { name: 'messaging.process.duration', unit: 's', error: 'RangeError', n: 1 },
        { name: 'queue.wait_time', unit: 's', error: undefined, n: 1 },
      ]),
    );
    expect(points).toHaveLength(5);
  });
});
