// @nats-io/transport-node and @nats-io/jetstream as an application uses them; the contract suite calls it.
import { jetstream as jetstreamOf, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';

export async function open({ url, queue }) {
  const connection = await connect({ servers: url });
  const stream = `${queue}-handled`;
  const jetstream = jetstreamOf(connection);
  let consuming;
  return {
    succeed: () => connection.publish(queue, 'hello'),
    fail: () => connection.publish(queue, { not: 'bytes' }),
    call: { owner: Object.getPrototypeOf(connection), method: 'publish' },
    saturate: { limit: 5, run: (i) => connection.publish(queue, String(i)) },
    queue: {
      async consume(handle) {
        const manager = await jetstreamManager(connection);
        await manager.streams.add({ name: stream, subjects: [stream], storage: 'memory' });
        await manager.consumers.add(stream, {
          durable_name: 'worker',
          ack_policy: 'explicit',
          max_ack_pending: 1,
          ack_wait: nanos(30_000),
        });
        const consumer = await jetstream.consumers.get(stream, 'worker');
        consuming = await consumer.consume({
          callback: async (message) => {
            try {
              await handle(message.string(), () => message.ack());
              message.ack();
            } catch {
              message.nak();
            }
          },
        });
      },
      send: (content) => jetstream.publish(stream, content),
    },
    async close() {
      await consuming?.close();
      await connection.close();
    },
  };
}
