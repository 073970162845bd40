// Mails a confirmation when an order is placed and a receipt when it is paid. The mail server turns one receipt in
// ten away once, as servers do that want to know who is serious.
import { setTimeout as sleep } from 'node:timers/promises';
import amqp from 'amqplib';
import { Worker } from 'bullmq';
import pino from 'pino';

const { AMQP_URL, REDIS_URL } = process.env;
const log = pino({ name: 'mailer' });

const channel = await (await amqp.connect(AMQP_URL)).createChannel();
await channel.assertExchange('orders', 'topic');
await channel.assertQueue('confirmations');
await channel.bindQueue('confirmations', 'orders', 'order.placed');
await channel.prefetch(4);
await channel.consume('confirmations', async (message) => {
  const { order } = JSON.parse(message.content);
  await sleep(30);
  log.info({ order }, 'confirmation mailed');
  channel.ack(message);
});

const receipts = new Worker('receipts', mailReceipt, { connection: { url: REDIS_URL }, concurrency: 8 });
receipts.on('failed', (job, error) => log.warn({ order: job.data.order }, `receipt not mailed: ${error.message}`));
receipts.on('error', (error) => log.error(error, 'receipts'));
await receipts.waitUntilReady();
log.info('mailer waiting for mail');

let seen = 0;

async function mailReceipt({ data, attemptsMade }) {
  await sleep(30);
  if (attemptsMade === 0 && seen++ % 10 === 0) throw new Error('450 greylisted, try again later');
  log.info({ order: data.order }, 'receipt mailed');
}
