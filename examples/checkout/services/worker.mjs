// Takes payment jobs one by one and charges them. A charge that fails is tried again; while payments is in
// trouble, a breaker spares it. Whoever has paid gets a receipt, where there is a queue for them.
import { Queue } from 'bullmq';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { PgBoss } from 'pg-boss';
import pino from 'pino';

const { DATABASE_URL, REDIS_URL, PAYMENTS_URL = 'http://127.0.0.1:3002' } = process.env;
const { RETRIES = 5, RETRY_MS = 300, AT_ONCE = 16 } = process.env;
const log = pino({ name: 'worker' });

const boss = new PgBoss({ connectionString: DATABASE_URL, max: 4 });
boss.on('error', (error) => log.error(error, 'job queue'));
const receipts = REDIS_URL && new Queue('receipts', { connection: { url: REDIS_URL } });

const breaker = new CircuitBreaker(charge, {
  name: 'payments',
  timeout: 3_000,
  errorThresholdPercentage: 50,
  volumeThreshold: 12,
  rollingCountTimeout: 5_000,
  resetTimeout: 1_400,
});

// By hand, as before the maintenance of payments.
process.on('SIGUSR2', () => breaker.open());

await boss.start();
await boss.work('payments', { pollingIntervalSeconds: 0.5, localConcurrency: Number(AT_ONCE) }, async ([{ data }]) => {
  if (!(data.cents > 0)) {
    log.error(new RangeError(`order ${data.order} costs nothing`));
    return;
  }
  await pRetry(() => breaker.fire(data), {
    retries: Number(RETRIES),
    minTimeout: Number(RETRY_MS),
    maxTimeout: 1_000,
    onFailedAttempt: ({ error, attemptNumber }) =>
      log.warn({ order: data.order, attempt: attemptNumber }, `not charged: ${error.message}`),
  });
  log.info({ order: data.order }, 'order paid');
  await receipts?.add('receipt', data, { attempts: 3, backoff: 500, removeOnComplete: true, removeOnFail: true });
});
log.info('worker waiting for payments');

async function charge(payment) {
  const answer = await fetch(`${PAYMENTS_URL}/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payment),
  });
  if (!answer.ok) throw new Error(`payments answered ${answer.status}`);
}
