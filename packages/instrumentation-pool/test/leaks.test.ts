import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { recordSpans, startMariaDb } from '@foreshock/testkit';
import { createPool } from 'generic-pool';
import mysql from 'mysql2/promise';
import { Pool as SequelizePool } from 'sequelize-pool';
import { Pool as TarnPool } from 'tarn';
import { expect, it } from 'vitest';
import { only, spansNamed } from './spans.ts';

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
