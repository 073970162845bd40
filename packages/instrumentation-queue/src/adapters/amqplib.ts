import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../events.ts';
import { Consumers } from './amqplib/consumer.ts';
import { observePublish } from './amqplib/producer.ts';

/** amqplib 0.10 to 2: promises (lib/channel_model.js) and callbacks (lib/callback_model.js) over the same frames. */
export const amqplib: Adapter<QueueEvents> = {
  library: 'amqplib',
  versions: '>=0.10.0 <3',
  upstream: ['@opentelemetry/instrumentation-amqplib'],
  attach(queue, hooks) {
    const consumers = new Consumers(queue, hooks);
    hooks.onLoad('amqplib/lib/channel.js', ({ exports }) => consumers.observeFrames(exports.Channel.prototype));
    for (const model of ['channel_model', 'callback_model']) {
      hooks.onLoad(`amqplib/lib/${model}.js`, ({ exports }) => {
        observePublish(exports, queue, hooks);
        consumers.observe(exports);
      });
    }
  },
};
