import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { only, recordSpans, spansNamed, startMariaDb } from '@foreshock/testkit';
import { createPool } from 'generic-pool';
import mysql from 'mysql2/promise';
import { Pool as SequelizePool } from 'sequelize-pool';
import { Pool as TarnPool } from 'tarn';
import { expect, it } from 'vitest';
import { poolsWithQueries } from './with-queries.ts';

const things = { create: async () => ({}), destroy: async () => {} };

/** Takes a connection, and gives a way to bring it back and end the pool. */
const takers: Record<string, () => Promise<() => Promise<unknown>>> = {
  async mysql2() {
    const server = await startMariaDb();
    const pool = mysql.createPool({ uri: server.url, connectionLimit: 1 });
    const connection = await pool.getConnection();
    return async () => {
      connection.release();
      await pool.end();
      await server.stop();
    };
  },
  async tarn() {
    const pool = new TarnPool<object>({ ...things, min: 0, max: 1 });
    const thing = await pool.acquire().promise;
    return async () => {
      pool.release(thing);
      await pool.destroy();
    };
  },
  async 'generic-pool'() {
    const pool = createPool<object>(things, { max: 1 });
    const thing = await pool.acquire();
    return async () => {
      await pool.release(thing);
      await pool.drain();
      await pool.clear();
    };
  },
  async 'sequelize-pool'() {
    const pool = new SequelizePool<object>({ ...things, validate: () => true, min: 0, max: 1 });
    const thing = await pool.acquire();
    return async () => {
      pool.release(thing);
      await pool.drain();
      await pool.destroyAllNow();
    };
  },
};

it.each(Object.entries(takers))(
  '%s tells once of what does not come back, in the trace that took it',
  async (_, take) => {
    const recorded = recordSpans(poolInstrumentation({ leakMs: 50 }));
    try {
      const giveBack = await recorded.inSpan('forgetful', take);
      const leaks = () => recorded.spans().filter((span) => span.name.startsWith('pool.leak'));
      await expect.poll(leaks, { timeout: 5_000 }).not.toEqual([]);
      await giveBack();
      const forgetful = only(spansNamed(recorded, 'forgetful'));
      const leak = only(leaks());
      expect(leak).toMatchObject({
        traceId: forgetful.traceId,
        parentSpanId: forgetful.spanId,
        attributes: { 'pool.holder.operation': 'forgetful' },
      });
      expect(leak.attributes['pool.holder.held_ms']).toBeGreaterThanOrEqual(50);
    } finally {
      recorded.stop();
    }
  },
);

it('suspects a leak before that where its taker is through, and others wait', async () => {
  const recorded = recordSpans(poolInstrumentation({ leakMs: 12_000 }));
  const pool = new TarnPool<object>({ ...things, min: 0, max: 2, acquireTimeoutMillis: 60_000 });
  try {
    const forgotten = await recorded.inSpan('forgetful', async () => pool.acquire().promise);
    let busy!: () => void;
    const done = new Promise<void>((resolve) => (busy = resolve));
    const work = recorded.inSpan('busy', async () => {
      const thing = await pool.acquire().promise;
      await done;
      pool.release(thing);
    });
    const waiting = recorded.inSpan('waiting', async () => pool.acquire().promise);
    const leaks = () => recorded.spans().filter(({ name }) => name.startsWith('pool.leak'));
    await expect.poll(leaks, { timeout: 20_000 }).not.toEqual([]);
    const forgetful = only(spansNamed(recorded, 'forgetful'));
    expect(only(leaks())).toMatchObject({
      traceId: forgetful.traceId,
      parentSpanId: forgetful.spanId,
      attributes: { 'pool.leak.suspected': true, 'pool.holder.operation': 'forgetful' },
    });
    busy();
    await work;
    pool.release(await waiting);
    // The one whose work went on was none.
    expect(only(spansNamed(recorded, 'busy')).events).toEqual([]);
    pool.release(forgotten);
    await pool.destroy();
  } finally {
    recorded.stop();
  }
});

it('suspects none while a query runs that outlives the span of its taker', async () => {
  const server = await startMariaDb();
  const recorded = recordSpans(poolsWithQueries({ leakMs: 2_400 }));
  const pool = mysql.createPool({ uri: server.url, connectionLimit: 1 });
  try {
    const { connection, query } = await recorded.inSpan('gone', async () => {
      const taken = await pool.getConnection();
      return { connection: taken, query: taken.query('SELECT SLEEP(2)') };
    });
    const waiting = recorded.inSpan('waiting', async () => pool.getConnection());
    await query;
    connection.release();
    (await waiting).release();
    const leaks = recorded.spans().filter(({ name }) => name.startsWith('pool.leak'));
    expect(leaks.filter(({ attributes }) => attributes['pool.leak.suspected'])).toEqual([]);
  } finally {
    await pool.end();
    await server.stop();
    recorded.stop();
  }
});
