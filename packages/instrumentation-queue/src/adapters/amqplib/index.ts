import { dependencies, namedSettings, type Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { ConnectionManagers } from './connection-manager.ts';
import { Consumers } from './consumer.ts';
import { Deliveries } from './deliveries.ts';
import { observePublish } from './producer.ts';

/**
 * amqplib 0.10 to 2, promises (lib/channel_model.js) and callbacks (lib/callback_model.js), also below
 * amqp-connection-manager 4 and 5.
 */
export const amqplib: Adapter<QueueEvents> = {
  library: 'amqplib',
  versions: '>=0.10.0 <3',
  upstream: ['@opentelemetry/instrumentation-amqplib'],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary:
    'messages sent, handled and fetched, in one trace; wait; attempt; promises and callbacks; below `amqp-connection-manager` 4 – 5',
  attach(queue, hooks) {
    const deliveries = new Deliveries(queue);
    const consumers = new Consumers(hooks, deliveries);
    const managers = new ConnectionManagers(hooks, deliveries);
    // Both APIs call `connect(url, options, callback)`.
    hooks.onLoad('amqplib/lib/connect.js', ({ exports }) => {
      hooks.detach(exports, 'connect');
      hooks.before(exports, 'connect', (_, [url]) => noteBroker(url));
    });
    hooks.onLoad('amqplib/lib/connection.js', ({ exports }) => {
      // Agreed with the broker later: read when asked for.
      hooks.before(exports.Connection.prototype, 'open', (connection: object) => {
        dependencies()?.settings.note('amqplib', connection, (each) => ({
          name: undefined,
          values: namedSettings(each, ['heartbeat', 'frameMax', 'channelMax']),
        }));
      });
    });
    hooks.onLoad('amqplib/lib/channel.js', ({ exports }) => consumers.observeFrames(exports.Channel.prototype));
    for (const model of ['channel_model', 'callback_model']) {
      hooks.onLoad(`amqplib/lib/${model}.js`, ({ exports }) => {
        observePublish(exports, queue, hooks, managers);
        consumers.observe(exports);
      });
    }
    for (const format of ['cjs', 'esm']) {
      hooks.onLoad(
        `amqp-connection-manager/dist/${format}/ChannelWrapper.js`,
        ({ exports }) => managers.observe(exports.default.prototype),
        { versions: '>=4.0.0 <6' },
      );
    }
  },
};

/** As `connect` reads it (lib/connect.js). */
function noteBroker(given: unknown = 'amqp://localhost'): void {
  const known = dependencies();
  if (!known) return;
  const { protocol, hostname, port } =
    typeof given === 'object' && given !== null ? (given as Partial<URL>) : new URL(String(given));
  const byDefault = protocol?.startsWith('amqps') ? 5671 : 5672;
  known.note({ system: 'rabbitmq', address: hostname, port: Number(port) || byDefault });
}
