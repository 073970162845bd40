import { startPostgres, type Postgres, type ReceivedSpan } from '@foreshock/testkit';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startRecorder } from './recorder.ts';

// What only later versions have: handlers in a transaction, results per job, editing, flows, spies.
const recorder = startRecorder();
const { inSpan, ended } = recorder;
afterAll(() => recorder.stop());
afterEach(() => recorder.clear());

type Job = { id: string; name: string; data: any };

let PgBoss: new (config: object) => any;
let pg: Postgres;
let sql: Pool;
let boss: any;
let queues = 0;

beforeAll(async () => {
  ({ PgBoss } = (await import('pg-boss')) as never);
  pg = await startPostgres();
  sql = new Pool({ connectionString: pg.url });
  boss = await startBoss({ __test__enableSpies: true });
  return async () => {
    await boss.stop({ graceful: false });
    await sql.end();
    await pg.stop();
  };
});

async function startBoss(options: object = {}): Promise<any> {
  const started = new PgBoss({ connectionString: pg.url, supervise: false, schedule: false, ...options });
  started.on('error', () => {});
  await started.start();
  return started;
}

async function createQueue(options: object = {}): Promise<string> {
  const name = `queue-${++queues}`;
  await boss.createQueue(name, { retryLimit: 0, ...options });
  recorder.clear();
  return name;
}

async function states(queue: string): Promise<string[]> {
  const { rows } = await sql.query<{ state: string }>(
    'SELECT state FROM pgboss.job WHERE name = $1 ORDER BY created_on',
    [queue],
  );
  return rows.map(({ state }) => state);
}

it('is imported as the ES module it is', async () => {
  const queue = await createQueue();
  await boss.send(queue, {});
  expect(await ended(`send ${queue}`)).toHaveLength(1);
});

it('gives a transactional handler its transaction, and rolls it back with it', async () => {
  const queue = await createQueue();
  await sql.query('CREATE TABLE sent (id uuid)');
  await boss.send(queue, { fail: true });
  await boss.send(queue, { fail: false });
  const worker = await boss.work(queue, { transactional: true }, async ([job]: Job[], tx: any) => {
    boss.notifyWorker(worker);
    await tx.executeSql('INSERT INTO sent VALUES ($1)', [job!.id]);
    if (job!.data.fail) throw new RangeError('no');
  });
  const spans = await ended(`process ${queue}`, 2);
  expect(spans.map(({ status }) => status.code)).toEqual(['ERROR', 'UNSET']);
  await expect.poll(() => states(queue)).toEqual(['failed', 'completed']);
  expect((await sql.query('SELECT count(*)::int AS n FROM sent')).rows).toEqual([{ n: 1 }]);
});

it('reads results per job: one that failed, one that was given up', async () => {
  const dead = await createQueue();
  const queue = await createQueue({ retryLimit: 3, deadLetter: dead });
  await boss.insert(
    queue,
    ['completed', 'failed', 'deadletter'].map((status) => ({ data: { status } })),
  );
  await boss.work(queue, { batchSize: 3, perJobResults: true }, async (jobs: Job[]) =>
    jobs.map(({ id, data: { status } }) => ({ id, status, output: new RangeError(status) })),
  );
  const [span] = await ended(`process ${queue}`);
  expect(span).toMatchObject({
    status: { code: 'ERROR', message: expect.stringMatching(/^(?:failed|deadletter)$/) },
    attributes: {
      'messaging.batch.message_count': 3,
      'error.type': 'RangeError',
      'queue.dead_lettered': true,
      'queue.max_attempts': 4,
    },
  });
  await expect.poll(async () => (await states(queue)).toSorted()).toEqual(['completed', 'failed', 'retry']);
});

it('takes results per job that are none for the failure they are', async () => {
  const queue = await createQueue();
  await boss.send(queue, {});
  await boss.work(queue, { perJobResults: true }, async () => undefined);
  const [span] = await ended(`process ${queue}`);
  expect(span!.status).toEqual({
    code: 'ERROR',
    message: 'perJobResults handler must resolve with an array of job results',
  });
  await expect.poll(() => states(queue)).toEqual(['failed']);
});

it('leaves a job in the trace of its sender when it is edited, and continues that of upsert and flow', async () => {
  const queue = await createQueue();
  const handledIn = async (data: unknown): Promise<ReceivedSpan> => {
    const [job] = await boss.fetch(queue);
    expect(job.data).toEqual(data);
    await boss.complete(queue, job.id);
    const [process] = await ended(`process ${queue}`);
    recorder.clear();
    return process!;
  };
  await inSpan('before', () => boss.send(queue, { of: 'before' }, { singletonKey: 'b' }));
  const [send] = await ended(`send ${queue}`);
  const edit = { name: queue, data: { of: 'update' }, options: { singletonKey: 'b' } };
  expect(await inSpan('update', () => boss.update(edit))).toMatchObject({ updated: 1 });
  expect((await handledIn({ of: 'update' })).parentSpanId).toBe(send!.spanId);

  const data = Object.freeze({ of: 'upsert' });
  const upserted = await inSpan('upsert', () => boss.upsert(queue, data, { singletonKey: 'a' }));
  expect(upserted).toMatchObject({ inserted: 1, updated: 0 });
  const [upsert] = await ended(`send ${queue}`);
  expect(upsert!.attributes['messaging.operation.name']).toBe('upsert');
  expect((await handledIn(data)).parentSpanId).toBe(upsert!.spanId);

  const flow = [
    { ref: 'one', name: queue, data: { of: 'flow' } },
    { ref: 'two', name: queue, data: { of: 'flow' }, dependsOn: ['one'] },
  ];
  expect(Object.keys(await inSpan('flow', () => boss.flow(flow)))).toEqual(['one', 'two']);
  const [flowed] = await ended(`send ${queue}`);
  expect(flowed!.attributes).toMatchObject({
    'messaging.operation.name': 'flow',
    'messaging.batch.message_count': 2,
  });
  expect((await handledIn({ of: 'flow' })).parentSpanId).toBe(flowed!.spanId);
});

it('shows spies the data as it was sent', async () => {
  const queue = await createQueue();
  const spy = boss.getSpy(queue);
  const id = await boss.send(queue, { a: { b: 1 } });
  await boss.insert(queue, [{ data: { a: 2 } }]);
  const worker = await boss.work(queue, async () => boss.notifyWorker(worker));
  const seen = [
    await spy.waitForJob((data: any) => data.a === 2, 'created'),
    await spy.waitForJobWithId(id, 'created'),
    await spy.waitForJobWithId(id, 'completed'),
  ];
  expect(seen.map(({ data }) => data)).toStrictEqual([{ a: 2 }, { a: { b: 1 } }, { a: { b: 1 } }]);
});

it('ends the span of a handler that outlives its pg-boss', async () => {
  const queue = await createQueue();
  const other = await startBoss();
  await other.send(queue, {});
  const { promise: working, resolve } = Promise.withResolvers<void>();
  const { promise: never } = Promise.withResolvers<void>();
  await other.work(queue, () => {
    resolve();
    return never;
  });
  await working;
  await other.stop({ graceful: false });
  const [span] = await ended(`process ${queue}`);
  expect(span).toMatchObject({
    status: { code: 'ERROR', message: 'pg-boss shut down while active' },
    attributes: { 'error.type': 'shutdown' },
  });
});

it('hands out jobs of a database that does not understand what it is asked', async () => {
  const queue = await createQueue();
  const asked: boolean[] = [];
  const db = {
    executeSql(text: string, values: unknown[]) {
      if (!text.includes('RETURNING j.id')) return sql.query(text, values);
      const more = text.includes('as "__foreshock"');
      asked.push(more);
      if (more) return Promise.reject(Object.assign(new Error('unknown function'), { code: '42883' }));
      return sql.query(text, values);
    },
  };
  const other = await startBoss({ db });
  for (const n of [1, 2]) {
    await other.send(queue, { n });
    const [job] = await other.fetch(queue);
    expect(job.data).toEqual({ n });
    await other.complete(queue, job.id);
  }
  // Asked once.
  expect(asked).toEqual([true, false, false]);
  const [process] = await ended(`process ${queue}`, 2);
  expect(Object.keys(process!.attributes)).not.toContain('queue.wait_ms');
  await other.stop({ graceful: false });
});

it('asks within a transaction of the application for the trace alone', async () => {
  const queue = await createQueue();
  await boss.send(queue, { n: 1 });
  const texts: string[] = [];
  const db = {
    executeSql(text: string, values: unknown[]) {
      texts.push(text);
      return sql.query(text, values);
    },
  };
  const [job] = await boss.fetch(queue, { db });
  expect(Object.keys(job)).not.toContain('__foreshock');
  expect(job.data).toEqual({ n: 1 });
  expect(texts.join('')).toMatch(/, COALESCE\(\(j\.output->'__foreshock'\)::text, ''\) as "__foreshock"$/);
  await boss.complete(queue, job.id);
  const [process] = await ended(`process ${queue}`);
  expect(process!.parentSpanId).toBe((await ended(`send ${queue}`))[0]!.spanId);
});
