// Stands in for a payment provider: slow, and good for sixteen charges a second. When more come it starts
// another instance, and refuses all until that is up.
const express = require('express');
const pino = require('pino');

const { PORT = 3002, CHARGES = 8 } = process.env;
const WITHIN_MS = 500;
const STARTING_MS = 1_300;
const KEPT_MS = 8_000;
const log = pino({ name: 'payments' });
const app = express();
app.use(express.json());

let latest = [];
let anotherIsUpAt = -Infinity;

function refuses() {
  const now = Date.now();
  latest = [...latest.filter((at) => at > now - WITHIN_MS), now];
  if (latest.length > Number(CHARGES) && now > anotherIsUpAt + KEPT_MS) anotherIsUpAt = now + STARTING_MS;
  return now < anotherIsUpAt;
}

app.post('/charges', (req, res) => {
  const { order, cents } = req.body;
  if (refuses()) {
    log.error({ order }, 'too many charges, starting another instance');
    res.status(503).json({ error: 'come back later' });
    return;
  }
  const ms = 120 + Math.round(Math.random() * 280);
  setTimeout(() => {
    log.info({ order, cents, ms }, 'charged');
    res.json({ ok: true });
  }, ms);
});

const server = app.listen(PORT, '127.0.0.1', () => {
  log.info(`payments listening at http://127.0.0.1:${server.address().port}`);
});
