import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import {
  activeSpanId,
  crowd,
  only,
  recordSpans,
  spansNamed,
  startPostgres,
  waits,
  type Postgres,
  type ReceivedSpan,
} from '@foreshock/testkit';
import type { Options, Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const recorded = recordSpans([poolInstrumentation(), dbInstrumentation()]);
// An ES module: after the hooks.
const { default: postgres } = await import('postgres');
const opened: Sql[] = [];
let server: Postgres;

beforeAll(async () => {
  server = await startPostgres();
  await open()`CREATE TABLE orders AS SELECT id, 'note ' || id AS note FROM generate_series(1, 20) id`;
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((sql) => sql.end({ timeout: 1 })));
  recorded.clear();
});
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

function open(options: Options<{}> = {}): Sql {
  const sql = postgres(server.url, options);
  opened.push(sql);
  return sql;
}

/** All its connections are open and idle. */
async function openWarm(max: number, options: Options<{}> = {}): Promise<Sql> {
  const sql = open({ max, ...options });
  await Promise.all(Array.from({ length: max }, () => sql`SELECT 0`));
  recorded.clear();
  return sql;
}

/** A query is given to its pool in a microtask (`handle`, postgres/src/query.js). */
const handedOver = (): Promise<unknown> => turn();

function queries(): ReceivedSpan[] {
  return recorded.spans().filter(({ kind }) => kind === 'CLIENT');
}

/** In the order in which they began. */
const texts = (): unknown[] => queries().map(({ attributes }) => attributes['db.query.text']);

describe('a query', () => {
  it('is one CLIENT span with the stable conventions and the state of its pool', async () => {
    const sql = await openWarm(2);
    const rows = await recorded.inSpan(
      'request',
      () => sql`SELECT note FROM ${sql('orders')} WHERE id = ${7} ${sql`AND note <> 'secret'`}`,
    );
    expect(rows.at(0)).toEqual({ note: 'note 7' });
    const request = only(spansNamed(recorded, 'request'));
    const query = only(queries());
    expect(query).toMatchObject({
      name: 'SELECT "orders"',
      kind: 'CLIENT',
      traceId: request.traceId,
      parentSpanId: request.spanId,
      status: { code: 'UNSET' },
      scope: '@foreshock/instrumentation-db',
    });
    expect(query.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.namespace': server.database,
      'db.query.text': 'SELECT note FROM "orders" WHERE id = $1 AND note <> ?',
      'db.query.summary': 'SELECT "orders"',
      'db.operation.name': 'SELECT',
      'db.collection.name': '"orders"',
      'db.response.returned_rows': 1,
      'server.address': server.host,
      'server.port': server.port,
      'db.client.connection.pool.name': `${server.host}:${server.port}/${server.database}`,
      'pool.used': 0,
      'pool.idle': 2,
      'pool.pending': 0,
      'pool.limit': 2,
    });
    expect(waits(recorded)).toEqual([]);
  });

  it('comes out the same however it is asked for, and calls back where the caller was', async () => {
    const sql = await openWarm(1);
    await recorded.inSpan('request', async (request) => {
      const seen: (string | undefined)[] = [];
      const see = (): void => void seen.push(activeSpanId());
      await sql`SELECT 1 FROM orders`.simple();
      see();
      await sql`SELECT 2 FROM orders`.values();
      await sql`SELECT 3 FROM orders`.forEach(see);
      await sql`SELECT 4 FROM orders`.cursor(15, see);
      for await (const rows of sql`SELECT 5 FROM orders`.cursor(15)) {
        expect(rows.length).toBeGreaterThan(0);
        see();
      }
      // eslint-disable-next-line no-unreachable-loop -- left early
      for await (const _rows of sql`SELECT 6 FROM orders`.cursor(5)) break;
      await sql.unsafe('SELECT 7 FROM orders');
      await sql.unsafe('SELECT 8 FROM orders LIMIT 1; SELECT 8 FROM orders LIMIT 1');
      await sql`SELECT 9 FROM orders`.describe();
      await sql.file(new URL('fixtures/orders.sql', import.meta.url));
      see();
      expect(new Set(seen)).toEqual(new Set([request.spanContext().spanId]));
      expect(seen).toHaveLength(1 + 20 + 2 + 2 + 1);
    });
    const request = only(spansNamed(recorded, 'request'));
    expect(texts()).toEqual([
      ...Array.from({ length: 7 }, () => 'SELECT ? FROM orders'),
      'SELECT ? FROM orders LIMIT ?; SELECT ? FROM orders LIMIT ?',
      'SELECT ? FROM orders',
      'SELECT note FROM orders LIMIT ?',
    ]);
    for (const query of queries())
      expect(query).toMatchObject({ parentSpanId: request.spanId, status: { code: 'UNSET' } });
    expect(
      queries()
        .map(({ attributes }) => attributes['db.response.returned_rows'])
        .slice(0, 3),
    ).toEqual([20, 20, 20]);
  });

  it('of COPY lasts until its stream has ended', async () => {
    const sql = await openWarm(1);
    await sql`CREATE TEMPORARY TABLE copies (note text)`;
    recorded.clear();
    await recorded.inSpan('request', async () => {
      const stream = await sql`COPY copies (note) FROM STDIN`.writable();
      expect(queries()).toEqual([]);
      await pipeline(['one\n', 'two\n'], stream);
      expect((await (await sql`COPY copies TO STDOUT`.readable()).toArray()).join('')).toBe('one\ntwo\n');
      await sql`SELECT 1`;
    });
    expect(texts()).toEqual(['COPY copies (note) FROM STDIN', 'COPY copies TO STDOUT', 'SELECT ?']);
  });

  it('that fails has the SQLSTATE and no value, and the caller gets his error', async () => {
    const sql = await openWarm(1);
    await sql`CREATE TEMPORARY TABLE people (name text PRIMARY KEY)`;
    const insert = (): PromiseLike<unknown> => sql`INSERT INTO people VALUES (${'rosebud'})`;
    await insert();
    recorded.clear();
    await expect(recorded.inSpan('request', insert)).rejects.toMatchObject({ code: '23505', name: 'PostgresError' });
    expect(only(queries())).toMatchObject({
      status: { code: 'ERROR', message: 'duplicate key value violates unique constraint' },
      attributes: { 'error.type': '23505', 'db.response.status_code': '23505' },
    });
    expect(JSON.stringify(recorded.spans())).not.toContain('rosebud');
    recorded.clear();
    // Never sent.
    await expect(recorded.inSpan('request', () => sql`SELECT ${undefined as never}`)).rejects.toMatchObject({
      code: 'UNDEFINED_VALUE',
    });
    expect(only(queries())).toMatchObject({
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'UNDEFINED_VALUE' },
    });
  });

  it('that is cancelled, or whose connection is lost, ends with its error', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<unknown>();
    const sql = await openWarm(1, { max_lifetime: null, onnotice: begin });
    await recorded.inSpan('request', async () => {
      const slow = sql`DO $$ BEGIN RAISE NOTICE 'begun'; PERFORM pg_sleep(10); END $$`.execute();
      const behind = sql`SELECT 2`.execute();
      await begun;
      slow.cancel();
      await expect(slow).rejects.toMatchObject({ code: '57014' });
      await behind;
      const lost = sql`SELECT pg_terminate_backend(pg_backend_pid())`;
      await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    });
    const types = queries().map(({ attributes }) => attributes['error.type']);
    expect(types).toEqual(['57014', undefined, 'CONNECTION_CLOSED']);
  });
});

describe('a pool', () => {
  it('whose connections are all taken has a wait beside each query, in its caller’s trace', async () => {
    const sql = await openWarm(2);
    const own = await crowd(recorded, 10, async (i, see) => {
      expect(await sql`SELECT ${i}::int AS i, pg_sleep(0.005)`).toMatchObject([{ i }]);
      see();
    });
    for (const spans of own) expect(spans.filter(({ kind }) => kind === 'CLIENT')).toHaveLength(1);
    expect(waits(recorded)).toHaveLength(8);
    for (const { attributes } of waits(recorded)) {
      expect(attributes).toMatchObject({
        'pool.limit': 2,
        'pool.used': 2,
        'pool.idle': 0,
        'pool.wait_reason': 'queue',
      });
      expect(attributes['pool.holder.trace_id']).toBeDefined();
    }
  });

  it('says of a query behind another one of its connection that it waited for that', async () => {
    const sql = await openWarm(1);
    await Promise.all([
      recorded.inSpan('slow', () => sql`SELECT pg_sleep(0.01)`.execute()),
      recorded.inSpan('behind', () => sql`SELECT 1`.execute()),
    ]);
    const behind = only(spansNamed(recorded, 'behind'));
    const wait = only(waits(recorded));
    expect(wait).toMatchObject({
      parentSpanId: behind.spanId,
      attributes: {
        'pool.holder.trace_id': only(spansNamed(recorded, 'slow')).traceId,
        'pool.holder.operation': 'SELECT',
        'pool.wait_reason': 'queue',
      },
    });
    const query = only(queries().filter(({ parentSpanId }) => parentSpanId === behind.spanId));
    expect(query.attributes).toMatchObject({ 'pool.used': 1, 'pool.wait_reason': 'queue' });
    // Spans begin at a whole millisecond.
    expect(query.startTime).toBeGreaterThanOrEqual(Math.floor(wait.endTime));
  });

  it('shows a transaction as what holds its connection, and none of its queries waits for the pool', async () => {
    const sql = await openWarm(1);
    await recorded.inSpan('holder', async () => {
      const { promise: inside, resolve: enter } = Promise.withResolvers<void>();
      const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
      const transaction = sql.begin(async (tx) => {
        await Promise.all([tx`SELECT 1 FROM orders`, tx`SELECT 2 FROM orders`]);
        await tx.savepoint((nested) => nested`SELECT 3 FROM orders`);
        enter();
        await asked;
      });
      await inside;
      const other = recorded.inSpan('waiter', () => sql`SELECT 4`.execute());
      await handedOver();
      ask();
      await Promise.all([transaction, other]);
    });
    const holder = only(spansNamed(recorded, 'holder'));
    const waiter = only(spansNamed(recorded, 'waiter'));
    expect(only(waits(recorded))).toMatchObject({
      parentSpanId: waiter.spanId,
      attributes: { 'pool.holder.operation': 'SELECT orders', 'pool.holder.trace_id': holder.traceId },
    });
    const ofHolder = queries().filter(({ parentSpanId }) => parentSpanId === holder.spanId);
    expect(ofHolder.map(({ name }) => name)).toEqual([
      'begin',
      'SELECT orders',
      'SELECT orders',
      'savepoint',
      'SELECT orders',
      'commit',
    ]);
    expect(ofHolder.filter(({ attributes }) => attributes['pool.used'] !== undefined)).toHaveLength(1);
    recorded.clear();
    await recorded.inSpan('later', () => sql`SELECT 5`.execute());
    expect(waits(recorded)).toEqual([]);
  });

  it('shows a reserved connection as held', async () => {
    const sql = await openWarm(1);
    await recorded.inSpan('holder', async () => {
      const reserved = await sql.reserve();
      await reserved`SELECT 1 FROM orders`;
      const waiter = recorded.inSpan('waiter', () => sql`SELECT 2`.execute());
      await handedOver();
      reserved.release();
      await waiter;
    });
    expect(only(waits(recorded)).attributes).toMatchObject({
      'pool.holder.trace_id': only(spansNamed(recorded, 'holder')).traceId,
      'pool.holder.operation': 'SELECT orders',
    });
  });

  it('shows a connection as held that was reserved once another query had ended', async () => {
    const sql = await openWarm(1);
    await recorded.inSpan('holder', async () => {
      const query = recorded.inSpan('query', () => sql`SELECT pg_sleep(0.02)`.execute());
      await handedOver();
      const reserved = await sql.reserve();
      await query;
      const waiter = recorded.inSpan('waiter', () => sql`SELECT 2`.execute());
      await handedOver();
      reserved.release();
      await waiter;
    });
    expect(only(waits(recorded)).attributes).toMatchObject({
      'pool.holder.trace_id': only(spansNamed(recorded, 'holder')).traceId,
      'pool.holder.operation': 'holder',
    });
  });

  it('that cannot connect has a failed wait, and no query', async () => {
    const sql = postgres(server.url.replace(/\/[^/]*$/, '/missing'), { max: 1 });
    await expect(recorded.inSpan('request', () => sql`SELECT 1`.execute())).rejects.toMatchObject({ code: '3D000' });
    await sql.end();
    expect(queries()).toEqual([]);
    expect(only(waits(recorded))).toMatchObject({
      parentSpanId: only(spansNamed(recorded, 'request')).spanId,
      status: { code: 'ERROR' },
      attributes: { 'error.type': '3D000', 'pool.wait_reason': 'connect', 'pool.used': 0 },
    });
  });

  it('opens connections in no trace, without spans of its own queries', async () => {
    const sql = open({ max: 1, onnotice: () => notices.push(activeSpanId()) });
    const notices: unknown[] = [];
    await recorded.inSpan('request', () => sql`DO $$ BEGIN RAISE NOTICE 'hello'; END $$`);
    expect(notices).toEqual([undefined]);
    expect(queries()).toHaveLength(1);
  });

  it('gives notifications in no trace', async () => {
    const sql = open({ max: 1 });
    const { promise: heard, resolve } = Promise.withResolvers<unknown>();
    const { unlisten } = await recorded.inSpan('request', () =>
      sql.listen('news', (payload) => resolve([payload, activeSpanId()])),
    );
    await recorded.inSpan('notifier', () => sql.notify('news', 'hello'));
    expect(await heard).toEqual(['hello', undefined]);
    await unlisten();
    expect(queries().map(({ name }) => name)).toEqual(['listen "news"', 'select', 'unlisten "news"']);
  });
});
