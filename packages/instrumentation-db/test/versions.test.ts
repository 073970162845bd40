/* The oldest supported version of each library, and those between where its files were moved. */
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import {
  crowd,
  installed,
  only,
  recordSpans,
  shows,
  spansNamed,
  startMariaDb,
  startPostgres,
  type Installed,
  type MariaDb,
  type Postgres,
} from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const recorded = recordSpans([dbInstrumentation(), poolInstrumentation()]);
let postgres: Postgres;
let mariadb: MariaDb;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
});
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

async function inApp(libraries: Record<string, string>, run: (app: Installed) => Promise<void>): Promise<void> {
  const app = installed(libraries);
  try {
    await run(app);
  } finally {
    app.remove();
  }
}

describe.each([
  [{ pg: 'pg-8-0', 'pg-pool': 'pg-pool-3-2' }],
  [{ pg: 'pg-8-0', 'pg-pool': 'pg-pool' }],
  [{ pg: 'pg', 'pg-pool': 'pg-pool-3-2' }],
])('%j', (libraries) => {
  it('has a wait and a query for each of 20 callers over 2 connections', () =>
    inApp(libraries, async (app) => {
      shows('pg', ['wait'], app.versions['pg']);
      const { Pool } = app.require('pg') as typeof import('pg');
      const pool = new Pool({ connectionString: postgres.url, max: 2 });
      const own = await crowd(recorded, 20, (i) => pool.query('SELECT $1::int', [i]));
      for (const spans of own) {
        expect(spans.map((span) => span.name).sort()).toEqual(['SELECT', `pool.acquire ${postgres.database}`]);
      }
      await expect(recorded.inSpan('failing', () => pool.query('SELECT * FROM missing'))).rejects.toThrow('missing');
      await pool.end();
      expect(only(spansNamed(recorded, 'SELECT missing')).attributes['error.type']).toBe('42P01');
    }));
});

describe.each([[{ mysql2: 'mysql2-3-0' }], [{ mysql2: 'mysql2-3-19' }]])('%j', (libraries) => {
  it('has a wait and a query for each of 20 callers over 2 connections, by promise and callback', () =>
    inApp(libraries, async (app) => {
      shows('mysql2', ['wait'], app.versions['mysql2']);
      const mysql = app.require('mysql2') as typeof import('mysql2');
      const pool = mysql.createPool({ uri: mariadb.url, connectionLimit: 2 });
      const promises = pool.promise();
      const ways: ((see: () => void) => Promise<unknown>)[] = [
        () => promises.query('SELECT 1'),
        () => promises.execute('SELECT 1'),
        (see) => new Promise((resolve) => pool.query('SELECT 1', () => resolve(see()))),
        (see) => new Promise((resolve) => pool.execute('SELECT 1', () => resolve(see()))),
        (see) => new Promise((resolve) => pool.query('SELECT 1').on('result', see).on('end', resolve)),
      ];
      const own = await crowd(recorded, 20, (i, see) => ways[i % ways.length]!(see));
      for (const spans of own) {
        expect(spans.map((span) => span.name).sort()).toEqual(['SELECT', `pool.acquire ${mariadb.database}`]);
      }
      const missing = 'SELECT * FROM missing';
      for (const failing of [() => promises.query(missing), () => promises.execute(missing)]) {
        recorded.clear();
        await expect(failing()).rejects.toMatchObject({ errno: 1146 });
        expect(only(spansNamed(recorded, 'SELECT missing')).attributes['error.type']).toBe('1146');
      }
      const connection = await promises.getConnection();
      const statement = await connection.prepare('SELECT 1');
      recorded.clear();
      await statement.execute([]);
      expect(only(spansNamed(recorded, 'SELECT')).attributes['db.query.text']).toBe('SELECT ?');
      connection.release();
      await promises.end();
    }));
});

describe('pools of anything', () => {
  const factory = { create: async () => ({}), destroy: async () => {} };

  async function expectWaits(library: string, run: () => Promise<void>): Promise<void> {
    for (const spans of await crowd(recorded, 20, run)) {
      expect(spans).toMatchObject([
        { name: `pool.acquire ${library}`, attributes: { 'pool.limit': 2 }, status: { code: 'UNSET' } },
      ]);
    }
  }

  it('tarn 3.0.0', () =>
    inApp({ tarn: 'tarn-3-0' }, async (app) => {
      shows('tarn', ['wait'], app.versions['tarn']);
      const { Pool } = app.require('tarn') as typeof import('tarn');
      const pool = new Pool<object>({ ...factory, min: 0, max: 2, acquireTimeoutMillis: 100 });
      await expectWaits('tarn', async () => {
        pool.release(await pool.acquire().promise);
      });
      await pool.acquire().promise;
      await pool.acquire().promise;
      recorded.clear();
      await expect(pool.acquire().promise).rejects.toThrow('timed out');
      expect(only(recorded.spans().filter(isWait)).attributes['error.type']).toBe('timeout');
    }));

  it('generic-pool 3.0.0', () =>
    inApp({ 'generic-pool': 'generic-pool-3-0' }, async (app) => {
      shows('generic-pool', ['wait'], app.versions['generic-pool']);
      const { createPool } = app.require('generic-pool') as typeof import('generic-pool');
      const pool = createPool<object>(factory, { max: 2, acquireTimeoutMillis: 100 });
      await expectWaits('generic-pool', async () => {
        await pool.release(await pool.acquire());
      });
      await pool.acquire();
      await pool.acquire();
      recorded.clear();
      await expect(Promise.resolve(pool.acquire())).rejects.toThrow('timed out');
      expect(only(recorded.spans().filter(isWait)).attributes['error.type']).toBe('timeout');
    }));

  it('sequelize-pool 6.0.0', () =>
    inApp({ 'sequelize-pool': 'sequelize-pool-6' }, async (app) => {
      shows('sequelize-pool', ['wait'], app.versions['sequelize-pool']);
      const { Pool } = app.require('sequelize-pool') as typeof import('sequelize-pool');
      const pool = new Pool<object>({
        ...factory,
        validate: () => true,
        min: 0,
        max: 2,
        acquireTimeoutMillis: 100,
      });
      await expectWaits('sequelize-pool', async () => {
        pool.release(await pool.acquire());
      });
      await pool.acquire();
      await pool.acquire();
      recorded.clear();
      await expect(pool.acquire()).rejects.toThrow('timeout');
      expect(only(recorded.spans().filter(isWait)).attributes['error.type']).toBe('timeout');
    }));
});

function isWait({ name }: { name: string }): boolean {
  return name.startsWith('pool.acquire');
}
