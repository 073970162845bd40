// Takes payment jobs one by one and charges them. A charge that fails is tried again by the queue.
import { PgBoss } from 'pg-boss';
import pino from 'pino';

const { DATABASE_URL, PAYMENTS_URL = 'http://127.0.0.1:3002' } = process.env;
const log = pino({ name: 'worker' });
const boss = new PgBoss({ connectionString: DATABASE_URL, max: 4 });
boss.on('error', (error) => log.error(error, 'job queue'));

await boss.start();
await boss.work('payments', { pollingIntervalSeconds: 0.5, localConcurrency: 8 }, async ([job]) => {
  const answer = await fetch(`${PAYMENTS_URL}/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(job.data),
  });
  if (!answer.ok) {
    log.warn({ order: job.data.order, status: answer.status }, 'charge failed, back to the queue');
    throw new Error(`payments answered ${answer.status}`);
  }
  log.info({ order: job.data.order }, 'order paid');
});
log.info('worker waiting for payments');
