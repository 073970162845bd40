/* What ORMs send is one span a query, and at most one wait an acquisition, whosever pool it is. */
import { dbInstrumentation } from '@foreshock/instrumentation-db';
import { poolInstrumentation } from '@foreshock/instrumentation-pool';
import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql';
import {
  crowd,
  only,
  recordSpans,
  startMariaDb,
  startPostgres,
  waits,
  type MariaDb,
  type Postgres,
} from '@foreshock/testkit';
import { eq } from 'drizzle-orm';
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import knexOf from 'knex';
import { Kysely, MysqlDialect, PostgresDialect, type Dialect } from 'kysely';
import callbacks from 'mysql2';
import mysql from 'mysql2/promise';
import { Model } from 'objection';
import pg from 'pg';
import { DataTypes, Sequelize } from 'sequelize';
import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const LIMIT = 3;
const CALLERS = 30;

/** One ORM over one driver: reads an order by its id, however it does that. */
interface Reader {
  read(id: number): Promise<unknown>;
  /** Two statements on one connection. */
  transaction?(): Promise<unknown>;
  close(): Promise<unknown>;
}

interface Case {
  server(): Postgres | MariaDb;
  system: string;
  open(): Promise<Reader>;
}

const recorded = recordSpans([dbInstrumentation(), poolInstrumentation()]);
// ES modules: after the hooks.
const { drizzle: drizzlePostgres } = await import('drizzle-orm/postgres-js');
const { default: postgresJs } = await import('postgres');
let postgres: Postgres;
let mariadb: MariaDb;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('CREATE TABLE orders AS SELECT generate_series(1, 40) AS id');
  await client.end();
  const connection = await mysql.createConnection(mariadb.url);
  await connection.query('CREATE TABLE orders AS SELECT seq AS id FROM seq_1_to_40');
  await connection.end();
});
afterEach(() => recorded.clear());
afterAll(async () => {
  recorded.stop();
  await Promise.all([postgres.stop(), mariadb.stop()]);
});

function knex(client: 'pg' | 'mysql2', url: string): Reader {
  const db = knexOf({ client, connection: url, pool: { min: 0, max: LIMIT } });
  return {
    read: (id) => db('orders').where({ id }).first('id'),
    transaction: () =>
      db.transaction(async (trx) => {
        await trx('orders').where({ id: 1 }).first('id');
        await trx('orders').where({ id: 2 }).first('id');
      }),
    close: () => db.destroy(),
  };
}

function objection(client: 'pg' | 'mysql2', url: string): Reader {
  const db = knexOf({ client, connection: url, pool: { min: 0, max: LIMIT } });
  class Order extends Model {
    static override tableName = 'orders';
  }
  const orders = Order.bindKnex(db);
  return {
    read: async (id) => orders.query().findById(id),
    transaction: () =>
      orders.transaction(async (trx) => {
        await orders.query(trx).findById(1);
        await orders.query(trx).findById(2);
      }),
    close: () => db.destroy(),
  };
}

function kysely(dialect: Dialect): Reader {
  const db = new Kysely<{ orders: { id: number } }>({ dialect });
  const find = (id: number, from: Pick<typeof db, 'selectFrom'> = db): Promise<unknown> =>
    from.selectFrom('orders').select('id').where('id', '=', id).executeTakeFirst();
  return {
    read: (id) => find(id),
    transaction: () =>
      db.transaction().execute(async (trx) => {
        await find(1, trx);
        await find(2, trx);
      }),
    close: () => db.destroy(),
  };
}

function sequelize(dialect: 'postgres' | 'mysql', url: string): Reader {
  const db = new Sequelize(url, { dialect, logging: false, pool: { max: LIMIT } });
  const Order = db.define('order', { id: { type: DataTypes.INTEGER, primaryKey: true } }, { timestamps: false });
  return { read: (id) => Order.findByPk(id), close: () => db.close() };
}

async function typeorm(type: 'postgres' | 'mysql', url: string): Promise<Reader> {
  const Order = new EntitySchema<{ id: number }>({
    name: 'order',
    tableName: 'orders',
    columns: { id: { type: 'int', primary: true } },
  });
  const pool = type === 'postgres' ? { poolSize: LIMIT } : { poolSize: LIMIT, connectorPackage: 'mysql2' as const };
  const source = await new DataSource({ type, url, entities: [Order], ...pool } as never).initialize();
  return { read: (id) => source.getRepository(Order).findOneBy({ id }), close: () => source.destroy() };
}

async function mikroOrm(clientUrl: string): Promise<Reader> {
  const Order = defineEntity({ name: 'Order', tableName: 'orders', properties: { id: p.integer().primary() } });
  const orm = await MikroORM.init({ clientUrl, entities: [Order], pool: { min: 0, max: LIMIT } });
  return {
    // A fork each, as a request has one: its identity map is empty.
    read: (id) => orm.em.fork().findOne(Order, { id }),
    transaction: () =>
      orm.em.fork().transactional(async (em) => {
        await em.findOne(Order, { id: 1 });
        await em.findOne(Order, { id: 2 });
      }),
    close: () => orm.close(),
  };
}

const cases: Record<string, Case> = {
  'knex over pg': {
    server: () => postgres,
    system: 'postgresql',
    open: async () => knex('pg', postgres.url),
  },
  'knex over mysql2': {
    server: () => mariadb,
    system: 'mariadb',
    open: async () => knex('mysql2', mariadb.url),
  },
  'Drizzle over a pg pool': {
    server: () => postgres,
    system: 'postgresql',
    async open() {
      const pool = new pg.Pool({ connectionString: postgres.url, max: LIMIT });
      const orders = pgTable('orders', { id: integer() });
      const db = drizzlePg({ client: pool });
      return {
        read: (id) => db.select().from(orders).where(eq(orders.id, id)),
        transaction: () =>
          db.transaction(async (tx) => {
            await tx.select().from(orders).where(eq(orders.id, 1));
            await tx.select().from(orders).where(eq(orders.id, 2));
          }),
        close: () => pool.end(),
      };
    },
  },
  'Drizzle over a mysql2 pool': {
    server: () => mariadb,
    system: 'mariadb',
    async open() {
      const pool = mysql.createPool({ uri: mariadb.url, connectionLimit: LIMIT });
      const orders = mysqlTable('orders', { id: int() });
      const db = drizzleMysql({ client: pool });
      return {
        read: (id) => db.select().from(orders).where(eq(orders.id, id)),
        transaction: () =>
          db.transaction(async (tx) => {
            await tx.select().from(orders).where(eq(orders.id, 1));
            await tx.select().from(orders).where(eq(orders.id, 2));
          }),
        close: () => pool.end(),
      };
    },
  },
  'Drizzle over postgres': {
    server: () => postgres,
    system: 'postgresql',
    async open() {
      const client = postgresJs(postgres.url, { max: LIMIT });
      const orders = pgTable('orders', { id: integer() });
      const db = drizzlePostgres({ client });
      return {
        read: (id) => db.select().from(orders).where(eq(orders.id, id)),
        transaction: () =>
          db.transaction(async (tx) => {
            await tx.select().from(orders).where(eq(orders.id, 1));
            await tx.select().from(orders).where(eq(orders.id, 2));
          }),
        close: () => client.end(),
      };
    },
  },
  'Kysely over pg': {
    server: () => postgres,
    system: 'postgresql',
    open: async () =>
      kysely(new PostgresDialect({ pool: new pg.Pool({ connectionString: postgres.url, max: LIMIT }) })),
  },
  'Kysely over mysql2': {
    server: () => mariadb,
    system: 'mariadb',
    open: async () =>
      kysely(new MysqlDialect({ pool: callbacks.createPool({ uri: mariadb.url, connectionLimit: LIMIT }) })),
  },
  'Objection over pg': {
    server: () => postgres,
    system: 'postgresql',
    open: async () => objection('pg', postgres.url),
  },
  'Objection over mysql2': {
    server: () => mariadb,
    system: 'mariadb',
    open: async () => objection('mysql2', mariadb.url),
  },
  'Sequelize over pg': {
    server: () => postgres,
    system: 'postgresql',
    open: async () => sequelize('postgres', postgres.url),
  },
  'Sequelize over mysql2': {
    server: () => mariadb,
    system: 'mariadb',
    open: async () => sequelize('mysql', mariadb.url),
  },
  'TypeORM over pg': {
    server: () => postgres,
    system: 'postgresql',
    open: () => typeorm('postgres', postgres.url),
  },
  'TypeORM over mysql2': {
    server: () => mariadb,
    system: 'mariadb',
    open: () => typeorm('mysql', mariadb.url),
  },
  'MikroORM over pg': {
    server: () => postgres,
    system: 'postgresql',
    open: () => mikroOrm(postgres.url),
  },
};

/** As each of them writes it. */
const SELECT_ORDERS = /^select (["`]?)orders\1$/i;

describe.each(Object.entries(cases))('%s', (_name, { server, system, open }) => {
  it('has one query and at most one wait a call, also when its pool is full', async () => {
    const reader = await open();
    try {
      // What it asks the server about itself, and what it opens on the way, is no caller's.
      await reader.read(1);
      const own = await crowd(recorded, CALLERS, (i) => reader.read(i + 1));
      const { host, port, database } = server();
      for (const spans of own) {
        const queries = spans.filter((span) => /FROM\W+orders/i.test(String(span.attributes['db.query.text'])));
        expect(only(queries)).toMatchObject({
          name: expect.stringMatching(SELECT_ORDERS),
          kind: 'CLIENT',
          status: { code: 'UNSET' },
          attributes: {
            'db.system.name': system,
            'db.namespace': database,
            'db.client.connection.pool.name': `${host}:${port}/${database}`,
          },
        });
        expect(spans.filter((span) => span.name.startsWith('pool.acquire')).length).toBeLessThanOrEqual(1);
      }
      // All but those for whom a connection was idle: the one that was used before.
      expect(waits(recorded)).toHaveLength(CALLERS - 1);
      for (const wait of waits(recorded)) {
        expect(wait).toMatchObject({ name: `pool.acquire ${database}`, attributes: { 'pool.limit': LIMIT } });
      }
    } finally {
      await reader.close();
    }
  });
});

describe.each(Object.entries(cases).filter(([name]) => /^(knex|Drizzle|Kysely|Objection|MikroORM)/.test(name)))(
  '%s',
  (_name, { open }) => {
    it('waits once for a transaction, and has a span for each of its statements', async () => {
      const reader = await open();
      try {
        await reader.read(1);
        const [spans] = await crowd(recorded, 1, () => reader.transaction!());
        expect(spans!.map((span) => span.name)).toEqual([
          expect.stringMatching(/^(BEGIN|START)/i),
          expect.stringMatching(SELECT_ORDERS),
          expect.stringMatching(SELECT_ORDERS),
          expect.stringMatching(/^COMMIT$/i),
        ]);
        expect(spans!.at(-1)!.attributes).toMatchObject({
          'db.transaction.ms': expect.any(Number),
          'db.transaction.idle_ms': expect.any(Number),
        });
      } finally {
        await reader.close();
      }
    });
  },
);
