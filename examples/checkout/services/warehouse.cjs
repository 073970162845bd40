// Hears of every order that was placed and sets the goods aside.
const { setTimeout: sleep } = require('node:timers/promises');
const amqp = require('amqplib');
const pino = require('pino');

const { AMQP_URL } = process.env;
const log = pino({ name: 'warehouse' });

async function main() {
  const channel = await (await amqp.connect(AMQP_URL)).createChannel();
  await channel.assertExchange('orders', 'topic');
  await channel.assertQueue('warehouse');
  await channel.bindQueue('warehouse', 'orders', 'order.placed');
  await channel.prefetch(4);
  await channel.consume('warehouse', async (message) => {
    const { order, sku } = JSON.parse(message.content);
    await sleep(40);
    log.info({ order, sku }, 'goods set aside');
    channel.ack(message);
  });
  log.info('warehouse waiting for orders');
}

main();
