// The public edge: takes a checkout and hands it to orders.
import express from 'express';
import pino from 'pino';

const { PORT = 3000, ORDERS_URL = 'http://127.0.0.1:3001' } = process.env;
const log = pino({ name: 'gateway' });
const app = express();
app.use(express.json());

app.post('/checkout', async (req, res) => {
  const startedAt = Date.now();
  const answer = await fetch(`${ORDERS_URL}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(req.body),
  });
  const order = await answer.json();
  log.info({ order: order.id, ms: Date.now() - startedAt }, 'checkout answered');
  res.status(answer.status).json(order);
});

app.get('/report', async (req, res) => {
  const answer = await fetch(`${ORDERS_URL}/report`);
  res.status(answer.status).json(await answer.json());
});

const server = app.listen(PORT, '127.0.0.1', () => {
  log.info(`gateway listening at http://127.0.0.1:${server.address().port}`);
});
