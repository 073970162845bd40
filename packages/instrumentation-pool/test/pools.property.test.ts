/* Random schedules on every kind of pool: what is reported must be what the library itself counts, at every moment. */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import {
  recordSpans,
  saturations,
  startMariaDb,
  startPostgres,
  waits,
  type MariaDb,
  type Postgres,
} from '@foreshock/testkit';
import fc from 'fast-check';
import { createPool } from 'generic-pool';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { Pool as SequelizePool } from 'sequelize-pool';
import { Pool as TarnPool } from 'tarn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAX = 3;
const TIMEOUT_MS = 15;

/** One pool, by whatever library. */
interface AnyPool {
  acquire(): Promise<object>;
  release(resource: object): unknown;
  /** Takes it out of the pool for good. */
  destroy(resource: object): unknown;
  /** What the library's own counters say. */
  counters(): { used: number; idle: number; pending: number };
  end(): Promise<unknown>;
  /** Whether connections can be opened from now on. */
  reachable(yes: boolean): void;
  isTimeOut(error: Error): boolean;
}

interface Kind {
  open(): AnyPool;
  /** Its name in metrics. */
  name(): string;
  runs: number;
  /** Queued callers get an answer when it ends. */
  endsEarly: boolean;
}

const recorded = recordSpans(poolInstrumentation({ leakMs: 0 }));
let postgres: Postgres;
let mariadb: MariaDb;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
});
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

/** Opens plain things, in a moment or not at all: what is pooled is no business of these libraries. */
function opener(): { create: () => Promise<object>; reachable: (yes: boolean) => void } {
  let reachable = true;
  return {
    async create() {
      await delay(1);
      if (!reachable) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      return {};
    },
    reachable: (yes) => (reachable = yes),
  };
}

const kinds: Record<string, Kind> = {
  pg: {
    open() {
      const { host, port, user, database } = postgres;
      const pool = new pg.Pool({ host, port, user, database, max: MAX, connectionTimeoutMillis: TIMEOUT_MS });
      pool.on('error', () => {});
      return {
        acquire: () => pool.connect(),
        release: (client) => (client as pg.PoolClient).release(),
        destroy: (client) => (client as pg.PoolClient).release(true),
        counters: () => ({
          used: pool.totalCount - pool.idleCount,
          idle: pool.idleCount,
          pending: pool.waitingCount,
        }),
        end: () => pool.end(),
        reachable: (yes) => void (pool.options.port = yes ? port : 1),
        isTimeOut: ({ message }) => message.includes('timeout'),
      };
    },
    name: () => `${postgres.host}:${postgres.port}/${postgres.database}`,
    runs: 15,
    endsEarly: false,
  },
  mysql2: {
    open() {
      const pool = mysql.createPool({ uri: mariadb.url, connectionLimit: MAX });
      const core = pool.pool as any;
      return {
        acquire: () => pool.getConnection(),
        release: (connection) => (connection as mysql.PoolConnection).release(),
        destroy: (connection) => (connection as mysql.PoolConnection).destroy(),
        counters: () => ({
          used: core._allConnections.length - core._freeConnections.length,
          idle: core._freeConnections.length,
          pending: core._connectionQueue.length,
        }),
        end: () => pool.end(),
        reachable: (yes) => void (core.config.connectionConfig.port = yes ? mariadb.port : 1),
        isTimeOut: () => false,
      };
    },
    name: () => `${mariadb.host}:${mariadb.port}/${mariadb.database}`,
    runs: 15,
    endsEarly: false,
  },
  tarn: {
    open() {
      const { create, reachable } = opener();
      const pool = new TarnPool<object>({
        create,
        destroy() {},
        validate: (resource) => !gone.has(resource),
        min: 0,
        max: MAX,
        acquireTimeoutMillis: TIMEOUT_MS,
        createRetryIntervalMillis: 2,
        propagateCreateError: true,
      });
      const gone = new WeakSet<object>();
      return {
        acquire: () => pool.acquire().promise,
        release: (resource) => pool.release(resource),
        // What tarn has in place of destroying: knex marks a broken connection, and it fails its validation.
        destroy(resource) {
          gone.add(resource);
          pool.release(resource);
        },
        counters: () => ({
          used: pool.numUsed() + pool.numPendingCreates(),
          idle: pool.numFree(),
          pending: Math.max(0, pool.numPendingAcquires() - pool.numPendingCreates()),
        }),
        end: () => pool.destroy(),
        reachable,
        isTimeOut: ({ constructor }) => constructor.name === 'TimeoutError',
      };
    },
    name: () => 'tarn',
    runs: 40,
    endsEarly: true,
  },
  'generic-pool': {
    open() {
      const { create, reachable } = opener();
      const pool = createPool<object>(
        { create, destroy: async () => {} },
        { max: MAX, acquireTimeoutMillis: TIMEOUT_MS },
      );
      return {
        acquire: async () => pool.acquire(),
        release: (resource) => void pool.release(resource),
        destroy: (resource) => void pool.destroy(resource),
        counters: () => ({
          used: pool.size - pool.available,
          idle: pool.available,
          pending: Math.max(0, pool.pending - (pool.size - pool.available - pool.borrowed)),
        }),
        end: () => pool.drain().then(() => pool.clear()),
        reachable,
        isTimeOut: ({ name }) => name === 'TimeoutError',
      };
    },
    name: () => 'generic-pool',
    runs: 40,
    endsEarly: true,
  },
  'sequelize-pool': {
    open() {
      const { create, reachable } = opener();
      const pool = new SequelizePool<object>({
        name: 'sequelize',
        create,
        destroy: async () => {},
        validate: () => true,
        min: 0,
        max: MAX,
        acquireTimeoutMillis: TIMEOUT_MS,
      });
      return {
        acquire: () => pool.acquire(),
        release: (resource) => pool.release(resource),
        destroy: (resource) => void pool.destroy(resource),
        counters: () => ({
          used: pool.size - pool.available,
          idle: pool.available,
          pending: Math.max(0, pool.waiting - (pool.size - pool.available - pool.using)),
        }),
        end: () => pool.drain().then(() => pool.destroyAllNow()),
        reachable,
        isTimeOut: ({ constructor }) => constructor.name === 'TimeoutError',
      };
    },
    name: () => 'sequelize-pool',
    runs: 20,
    endsEarly: true,
  },
};

/** Everything collected for one pool: `count used` → 2. */
async function collected(pool: string): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const { name, points } of await recorded.metrics()) {
    for (const { attributes, value, count } of points) {
      if (attributes['db.client.connection.pool.name'] !== pool) continue;
      const state = attributes['db.client.connection.state'];
      const short = name.replace('db.client.connection.', '');
      values[state === undefined ? short : `${short} ${String(state)}`] = value ?? count ?? 0;
    }
  }
  return values;
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant('acquire' as const) },
    { weight: 4, arbitrary: fc.constant('release' as const) },
    { weight: 1, arbitrary: fc.constant('destroy' as const) },
    { weight: 1, arbitrary: fc.constantFrom('break' as const, 'mend' as const) },
    { weight: 2, arbitrary: fc.constantFrom('turn' as const, 'moment' as const) },
    { weight: 1, arbitrary: fc.constant('time out' as const) },
  ),
  { minLength: 5, maxLength: 40 },
);

/** Used once: it has its name from where it leads now, not from where nothing is. */
async function used(pool: AnyPool): Promise<void> {
  for (;;) {
    const resource = await pool.acquire().catch((error: Error) => {
      // A first connection may take longer than a caller waits here.
      if (!pool.isTimeOut(error)) throw error;
    });
    if (!resource) continue;
    pool.release(resource);
    return nextTurn();
  }
}

interface Caller {
  outcome: 'waiting' | 'granted' | 'failed' | 'timed out';
  traceId: string;
}

describe.each(Object.entries(kinds))('%s', (_library, { open, name, runs, endsEarly }) => {
  it('is reported as its own counters have it, and every wait as its caller saw it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (schedule, early) => {
        recorded.clear();
        const pool = open();
        await used(pool);
        const before = await collected(name());
        const callers: Caller[] = [];
        const calls: Promise<void>[] = [];
        const held: object[] = [];
        let returned = 0;

        const acquire = (): void => {
          const call = recorded.inSpan(`caller`, async (span) => {
            const caller: Caller = { outcome: 'waiting', traceId: span.spanContext().traceId };
            callers.push(caller);
            try {
              held.push(await pool.acquire());
              caller.outcome = 'granted';
            } catch (error) {
              caller.outcome = pool.isTimeOut(error as Error) ? 'timed out' : 'failed';
            }
          });
          calls.push(call);
        };
        const giveBack = (how: 'release' | 'destroy'): void => {
          const resource = held.shift();
          if (!resource) return;
          returned++;
          pool[how](resource);
        };
        const check = async (): Promise<void> => {
          const { used, idle, pending } = pool.counters();
          // Collecting reads the counters before it awaits anything.
          const values = await collected(name());
          expect(values).toMatchObject({
            'count used': used,
            'count idle': idle,
            pending_requests: pending,
            limit: MAX,
          });
        };

        for (const step of schedule) {
          if (step === 'acquire') acquire();
          else if (step === 'release' || step === 'destroy') giveBack(step);
          else if (step === 'break' || step === 'mend') pool.reachable(step === 'mend');
          else await (step === 'turn' ? nextTurn() : delay(step === 'moment' ? 3 : TIMEOUT_MS + 5));
          await check();
        }
        pool.reachable(true);
        const ended = early && endsEarly ? pool.end() : undefined;
        while (callers.some(({ outcome }) => outcome === 'waiting') || held.length > 0) {
          while (held.length > 0) giveBack('release');
          await delay(1);
        }
        await Promise.all(calls);
        await (ended ?? pool.end());

        // Nothing is left of it but what it did.
        const after = await collected(name());
        expect(after).toMatchObject({ 'count used': 0, 'count idle': 0, pending_requests: 0, limit: 0 });
        const since = (key: string): number => (after[key] ?? 0) - (before[key] ?? 0);
        const ending = (outcome: Caller['outcome']): number =>
          callers.filter((caller) => caller.outcome === outcome).length;
        expect(since('wait_time')).toBe(ending('granted'));
        expect(since('use_time')).toBe(returned);
        expect(since('timeouts')).toBe(ending('timed out'));

        const spans = waits(recorded);
        const longAtFullPool = spans.some(
          ({ attributes }) => Number(attributes['pool.used']) >= MAX && Number(attributes['pool.wait_ms']) >= 25,
        );
        // A saturation that never ended would not be told.
        if (longAtFullPool) expect(saturations(recorded)).not.toEqual([]);
        for (const { outcome, traceId } of callers) {
          const own = spans.filter((span) => span.traceId === traceId);
          if (outcome === 'granted') {
            expect(own.length).toBeLessThanOrEqual(1);
            for (const span of own) expect(span.status.code).toBe('UNSET');
          } else {
            expect(own).toMatchObject([
              {
                status: { code: 'ERROR' },
                attributes: {
                  'error.type': outcome === 'timed out' ? 'timeout' : expect.stringMatching(/^(?!timeout)/),
                },
              },
            ]);
          }
        }
      }),
      // Schedules take real time: on a busy machine there are fewer of them.
      { numRuns: runs, interruptAfterTimeLimit: 12_000 },
    );
  });
});
