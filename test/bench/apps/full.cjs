'use strict';
// A service as people write them: a query, a cache, a call to another service, a line of log, an answer.
const http = require('node:http');
const Redis = require('ioredis');
const { Pool } = require('pg');
const pino = require('pino');

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_MAX ?? 10) });
const redis = new Redis(process.env.REDIS_URL);
const log = pino();

async function show(id) {
  const { rows } = await pool.query('SELECT id, customer, total FROM orders WHERE id = $1', [id]);
  const seen = await redis.get(`seen:${id}`);
  await redis.set(`seen:${id}`, Number(seen) + 1, 'EX', 600);
  const response = await fetch(`${process.env.STOCK_URL}/stock/${id}`);
  const stock = await response.json();
  log.info({ order: id }, 'order shown');
  return { ...rows[0], stock };
}

const server = http.createServer((request, response) => {
  show(Number(request.url.slice('/orders/'.length))).then(
    (order) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(order));
    },
    (error) => {
      log.error(error);
      response.statusCode = 500;
      response.end();
    },
  );
});
server.listen(0, '127.0.0.1', () => process.send?.({ listening: server.address().port }));
process.on('SIGTERM', () => {
  server.close();
  pool.end();
  redis.disconnect();
});
