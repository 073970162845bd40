// Stores the order and leaves the payment to a job. Also serves a sales report that nobody ever optimised.
import Fastify from 'fastify';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import pino from 'pino';

const { PORT = 3001, DATABASE_URL } = process.env;
const log = pino({ name: 'orders' });
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 5 });
pool.on('error', (error) => log.warn(`idle connection lost: ${error.message}`));

const boss = new PgBoss({ connectionString: DATABASE_URL, max: 2 });
boss.on('error', (error) => log.error(error, 'job queue'));

await pool.query(`
  CREATE TABLE IF NOT EXISTS products (sku text PRIMARY KEY, cents int NOT NULL);
  CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, sku text NOT NULL, cents int NOT NULL, placed_at timestamptz DEFAULT now());
  INSERT INTO products VALUES ('tea', 450), ('cup', 1200), ('pot', 3900) ON CONFLICT DO NOTHING;
`);
await boss.start();
await boss.createQueue('payments', { retryLimit: 4, retryDelay: 1 });

const app = Fastify({ loggerInstance: log });

app.post('/orders', async (request, reply) => {
  const { rows: products } = await pool.query('SELECT cents FROM products WHERE sku = $1', [request.body.sku]);
  if (products.length === 0) return reply.code(404).send({ error: 'no such product' });
  const { cents } = products[0];
  const { rows: orders } = await pool.query('INSERT INTO orders (sku, cents) VALUES ($1, $2) RETURNING id', [
    request.body.sku,
    cents,
  ]);
  const order = orders[0].id;
  await boss.send('payments', { order, cents });
  request.log.info({ order }, 'order stored, payment queued');
  return reply.code(202).send({ id: order });
});

app.get('/report', async () => {
  const { rows } = await pool.query('SELECT sku, count(*), sum(cents) FROM orders, pg_sleep(3) GROUP BY sku');
  return rows;
});

await app.listen({ port: PORT, host: '127.0.0.1' });
