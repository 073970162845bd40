// Stands in for a payment provider: slow, and it refuses one charge in four.
const express = require('express');
const pino = require('pino');

const { PORT = 3002 } = process.env;
const log = pino({ name: 'payments' });
const app = express();
app.use(express.json());

let charges = 0;

app.post('/charges', (req, res) => {
  const refused = ++charges % 4 === 0;
  const ms = 120 + Math.round(Math.random() * 280);
  setTimeout(() => {
    if (refused) {
      log.error({ order: req.body.order }, 'acquirer unavailable');
      res.status(503).json({ error: 'acquirer unavailable' });
      return;
    }
    log.info({ order: req.body.order, cents: req.body.cents, ms }, 'charged');
    res.json({ ok: true });
  }, ms);
});

const server = app.listen(PORT, '127.0.0.1', () => {
  log.info(`payments listening at http://127.0.0.1:${server.address().port}`);
});
