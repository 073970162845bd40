import express from 'express';
import pg from 'pg';
import pino from 'pino';

const log = pino();
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
const app = express();

app.get('/', (_request, response) => {
  log.info('hello');
  response.json({ hello: 'world' });
});

app.get('/now', async (_request, response) => {
  const { rows } = await pool.query('SELECT now() AS now, pg_sleep(0.05)');
  log.info('asked the database');
  response.json(rows[0]);
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const { port } = server.address();
  log.info({ port }, 'listening');
  console.log(`READY ${JSON.stringify({ port })}`);
});
