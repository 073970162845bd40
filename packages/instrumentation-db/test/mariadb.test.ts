import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { activeSpanId, crowd, recordSpans, shows, startMariaDb, versionOf, type MariaDb } from '@foreshock/testkit';
import type * as callbacks from 'mariadb/callback';
import type mariadb from 'mariadb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

type Library = typeof mariadb;

const recorded = recordSpans([dbInstrumentation(), poolInstrumentation()]);
const require = createRequire(import.meta.url);
let server: MariaDb;

beforeAll(async () => {
  server = await startMariaDb();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await server.stop();
});

const optionsOf = ({ host, port, user, password, database }: MariaDb) => ({ host, port, user, password, database });

describe.each([
  ['mariadb', async () => ((await import('mariadb')) as unknown as { default: Library }).default],
  // A bundle.
  ['mariadb', async () => require('mariadb') as Library],
  ['mariadb-3-4', async () => require('mariadb-3-4') as Library],
])('%s', (alias, load) => {
  it('has one span a call, whatever it sends', async () => {
    shows('mariadb', ['spans', 'parent'], versionOf(alias));
    const library = await load();
    const connection = await library.createConnection(optionsOf(server));
    await connection.query('CREATE OR REPLACE TABLE orders (id int PRIMARY KEY, note varchar(50))');
    recorded.clear();
    await recorded.inSpan('caller', async () => {
      await connection.batch('INSERT INTO orders VALUES (?, ?)', [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]);
      await connection.batch({ sql: 'UPDATE orders SET note = ? WHERE id = ?', bulk: false }, [
        ['d', 1],
        ['e', 2],
      ]);
      await connection.execute('SELECT id FROM orders WHERE id < ?', [3]);
      const prepared = await connection.prepare('SELECT note FROM orders WHERE id = ?');
      await prepared.execute([1]);
      await prepared.execute([2]);
      prepared.close();
      const seen: unknown[] = [];
      for await (const row of connection.queryStream('SELECT * FROM orders')) seen.push(row);
      expect(seen).toHaveLength(3);
      await connection.beginTransaction();
      await connection.query({ sql: 'SELECT id, note FROM orders', metaAsArray: true });
      await connection.commit();
      // Sends nothing.
      await connection.commit();
      await connection.reset();
      await expect(connection.query("INSERT INTO orders VALUES (1, 'a secret')")).rejects.toThrow('Duplicate');
    });
    await connection.end();
    const [caller, ...spans] = recorded.spans().toReversed();
    expect(
      spans.every(({ traceId, parentSpanId }) => traceId === caller!.traceId && parentSpanId === caller!.spanId),
    ).toBe(true);
    expect(
      spans
        .reverse()
        .map(({ name, attributes, status }) => [
          name,
          attributes['db.operation.batch.size'] ?? attributes['db.response.returned_rows'],
          attributes['error.type'] && `${String(attributes['error.type'])} ${status.message}`,
        ]),
    ).toEqual([
      ['INSERT orders', 3, undefined],
      ['UPDATE orders', 2, undefined],
      ['SELECT orders', 2, undefined],
      ['SELECT orders', 1, undefined],
      ['SELECT orders', 1, undefined],
      ['SELECT orders', undefined, undefined],
      ['START', undefined, undefined],
      ['SELECT orders', 3, undefined],
      ['COMMIT', undefined, undefined],
      ['INSERT orders', undefined, '1062 Duplicate entry'],
    ]);
  });

  it('shows who waits for whom at a full pool, and leaves what the pool does by itself out', async () => {
    shows('mariadb', ['wait', 'state', 'parent'], versionOf(alias));
    const library = await load();
    const pool = library.createPool({ ...optionsOf(server), connectionLimit: 1, acquireTimeout: 500 });
    await pool.query('SELECT 1');
    recorded.clear();
    await crowd(recorded, 3, () => pool.query('SELECT 1'));
    const connection = await recorded.inSpan('holder', () => pool.getConnection());
    const late = recorded.inSpan('late', () => pool.getConnection());
    await expect(late).rejects.toMatchObject({ errno: 45_028 });
    await connection.release();
    await pool.end();
    const spans = recorded.spans();
    const waits = spans.filter(({ name }) => name.startsWith('pool.acquire'));
    expect(waits.map(({ attributes }) => [attributes['pool.wait_reason'], attributes['error.type']])).toEqual([
      ['queue', undefined],
      ['queue', undefined],
      ['queue', 'timeout'],
    ]);
    expect(waits.every(({ attributes }) => attributes['pool.holder.trace_id'] !== undefined)).toBe(true);
    expect(spans.filter(({ kind }) => kind === 'CLIENT').map(({ name }) => name)).toEqual(Array(3).fill('SELECT'));
  });
});

it('calls back in the context of the caller', async () => {
  const { createConnection } = require('mariadb/callback') as typeof callbacks;
  const connection = createConnection(optionsOf(server));
  const ids = await recorded.inSpan('caller', async (span) => {
    const query = new Promise((resolve) => connection.query('SELECT 1', () => resolve(activeSpanId())));
    // Its types leave this out.
    const command = Reflect.apply(connection.query, connection, ['SELECT 2']) as unknown as EventEmitter;
    const event = new Promise((resolve) => command.on('end', () => resolve(activeSpanId())));
    const ping = new Promise((resolve) => connection.ping(() => resolve(activeSpanId())));
    return [span.spanContext().spanId, await query, await event, await ping];
  });
  expect(ids).toEqual(Array(4).fill(ids[0]));
  await new Promise<void>((resolve) => connection.end(() => resolve()));
});
