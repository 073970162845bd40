// Stands in for a payment provider: slow, and after three seconds without a charge it keeps too few instances for a
// rush. It then starts another, and refuses all until that is up.
const express = require('express');
const pino = require('pino');

const { PORT = 3002, KEPT_MS = 3_000 } = process.env;
const STARTING_MS = 1_300;
const REFUSED_AT_LEAST = 12;
const log = pino({ name: 'payments' });
const app = express();
app.use(express.json());

let lastAt = Infinity;
let anotherIsUpAt = -Infinity;
let toRefuse = 0;

/** For a while, and so many that a breaker sees it however slow the machine is. */
function refuses() {
  const now = Date.now();
  if (now > lastAt + Number(KEPT_MS)) {
    anotherIsUpAt = now + STARTING_MS;
    toRefuse = REFUSED_AT_LEAST;
  }
  lastAt = now;
  return toRefuse-- > 0 || now < anotherIsUpAt;
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
