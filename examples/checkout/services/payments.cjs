// Stands in for a payment provider: slow, and it refuses every third order the first time.
const express = require('express');
const pino = require('pino');

const { PORT = 3002 } = process.env;
const log = pino({ name: 'payments' });
const app = express();
app.use(express.json());

const seen = new Set();

app.post('/charges', (req, res) => {
  const { order, cents } = req.body;
  const refused = order % 3 === 0 && !seen.has(order);
  seen.add(order);
  const ms = 120 + Math.round(Math.random() * 280);
  setTimeout(() => {
    if (refused) {
      log.error({ order }, 'acquirer unavailable');
      res.status(503).json({ error: 'acquirer unavailable' });
      return;
    }
    log.info({ order, cents, ms }, 'charged');
    res.json({ ok: true });
  }, ms);
});

const server = app.listen(PORT, '127.0.0.1', () => {
  log.info(`payments listening at http://127.0.0.1:${server.address().port}`);
});
