import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../events.ts';
import { Consumers } from './kafkajs/consumer.ts';
import { observeSends } from './kafkajs/producer.ts';

/** kafkajs 2. Producers are closures, seen from their making; consumers are a `Runner` and its `ConsumerGroup`. */
export const kafkajs: Adapter<QueueEvents> = {
  library: 'kafkajs',
  versions: '>=2.0.0 <3',
  upstream: ['@opentelemetry/instrumentation-kafkajs'],
  attach(queue, hooks) {
    const consumers = new Consumers(queue, hooks);
    hooks.onLoad('kafkajs/src/producer/messageProducer.js', ({ exports, replaceExports }) =>
      observeSends(exports, replaceExports, queue, hooks),
    );
    hooks.onLoad('kafkajs/src/consumer/runner.js', ({ exports }) => consumers.observeRunner(exports.prototype));
    hooks.onLoad('kafkajs/src/consumer/consumerGroup.js', ({ exports }) => consumers.observeOffsets(exports.prototype));
  },
};
