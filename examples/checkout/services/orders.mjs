// Stores the order and leaves the payment to a job; tells the world of it where there is a broker, and keeps the
// price list in a cache where there is one. Also serves a sales report that nobody ever optimised.
import { setTimeout as sleep } from 'node:timers/promises';
import amqp from 'amqplib';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import pino from 'pino';

const { PORT = 3001, DATABASE_URL, REDIS_URL, AMQP_URL } = process.env;
const {
  POOL_MAX = 5,
  POOL_TIMEOUT_MS = 0,
  KEEP_ALIVE_MS = 72_000,
  JOB_RETRIES = 4,
  PRICES_MS,
  PRICES_FRESH_S = 1,
  STOCK,
  UNITS,
  IN_TRANSACTION,
} = process.env;
const PRICES = 'prices:all';
// A price list of thousands of rows takes its time.
const PRICES_QUERY = `SELECT sku, cents FROM products${PRICES_MS ? `, pg_sleep(${PRICES_MS / 1000})` : ''}`;
const STOCKTAKING_MS = 1_500;
const RESERVING_MS = 400;
const log = pino({ name: 'orders' });

const pool = new pg.Pool({
  connectionString: DATABASE_URL,
  application_name: 'api',
  max: Number(POOL_MAX),
  connectionTimeoutMillis: Number(POOL_TIMEOUT_MS),
});
pool.on('error', (error) => log.warn(`idle connection lost: ${error.message}`));
const cache = REDIS_URL && new Redis(REDIS_URL);
cache?.on('error', (error) => log.warn(`price cache: ${error.message}`));
const broker = AMQP_URL && (await (await amqp.connect(AMQP_URL)).createChannel());
await broker?.assertExchange('orders', 'topic');

const boss = new PgBoss({ connectionString: DATABASE_URL, max: 2 });
boss.on('error', (error) => log.error(error, 'job queue'));

await pool.query(`
  CREATE TABLE IF NOT EXISTS products (sku text PRIMARY KEY, cents int NOT NULL);
  CREATE TABLE IF NOT EXISTS stock (sku text PRIMARY KEY, units int NOT NULL);
  CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, sku text NOT NULL, cents int NOT NULL, placed_at timestamptz DEFAULT now());
  INSERT INTO products VALUES ('tea', 450), ('cup', 1200), ('pot', 3900) ON CONFLICT DO NOTHING;
  INSERT INTO stock SELECT sku, 100000 FROM products ON CONFLICT DO NOTHING;
`);
await boss.start();
await boss.createQueue('payments', { retryLimit: Number(JOB_RETRIES), retryDelay: 1 });

const app = Fastify({ loggerInstance: log, keepAliveTimeout: Number(KEEP_ALIVE_MS) });

app.post('/orders', async (request, reply) => {
  const { sku } = request.body;
  const order = IN_TRANSACTION ? await transaction((client) => place(sku, client)) : await place(sku, pool);
  if (order === undefined) return reply.code(404).send({ error: 'no such product' });
  const { id, cents } = order;
  await boss.send('payments', { order: id, cents });
  broker?.publish('orders', 'order.placed', Buffer.from(JSON.stringify({ order: id, sku })));
  request.log.info({ order: id }, 'order stored, payment queued');
  return reply.code(202).send({ id });
});

async function place(sku, client) {
  const list = await prices();
  if (list[sku] === undefined) return undefined;
  if (STOCK) await checkStock(Object.keys(list));
  if (UNITS) await takeOne(sku);
  const stored = await client.query('INSERT INTO orders (sku, cents) VALUES ($1, $2) RETURNING id', [sku, list[sku]]);
  return { id: stored.rows[0].id, cents: list[sku] };
}

/** One query for each product: no problem while there are three. */
async function checkStock(skus) {
  for (const sku of skus) await pool.query('SELECT count(*) FROM orders WHERE sku = $1', [sku]);
}

/** Wrong on purpose: what others take meanwhile is lost. */
async function takeOne(sku) {
  const { rows } = await pool.query('SELECT units FROM stock WHERE sku = $1', [sku]);
  await sleep(RESERVING_MS);
  await pool.query('UPDATE stock SET units = $1 WHERE sku = $2', [rows[0].units - 1, sku]);
}

async function transaction(work) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function prices() {
  const cached = await cache?.get(PRICES);
  if (cached) return JSON.parse(cached);
  const { rows } = await pool.query(PRICES_QUERY);
  const list = Object.fromEntries(rows.map(({ sku, cents }) => [sku, cents]));
  await cache?.set(PRICES, JSON.stringify(list), 'EX', PRICES_FRESH_S);
  return list;
}

app.get('/report', async () => {
  const { rows } = await pool.query('SELECT sku, count(*), sum(cents) FROM orders, pg_sleep(6) GROUP BY sku');
  return rows;
});

app.post('/stocktaking', async () => {
  await transaction(async (client) => {
    await client.query('LOCK TABLE products');
    await sleep(STOCKTAKING_MS);
  });
  return { counted: true };
});

app.post('/renewals', async (request) => {
  const { count, cents } = request.body;
  for (let order = 0; order < count; order++) await boss.send('payments', { order: -order, cents });
  return { queued: count };
});

await app.listen({ port: PORT, host: '127.0.0.1' });
