import { dependencies, type Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { Consumers } from './consumer.ts';
import { observedFactory } from './producer.ts';

/** kafkajs 2: producers are closures, consumers `Runner` and `ConsumerGroup`. */
export const kafkajs: Adapter<QueueEvents> = {
  library: 'kafkajs',
  versions: '>=2.0.0 <3',
  upstream: ['@opentelemetry/instrumentation-kafkajs'],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'messages sent and handled, in one trace; batches; transactions; wait; attempt',
  attach(queue, hooks) {
    const consumers = new Consumers(queue, hooks);
    hooks.onLoad('kafkajs/src/producer/messageProducer.js', ({ replaceExports }) =>
      replaceExports?.((factory) => observedFactory(factory, queue, hooks)),
    );
    hooks.onLoad('kafkajs/src/consumer/runner.js', ({ exports: { prototype } }) => {
      consumers.observeRunner(prototype);
      // The loop outlives its caller.
      hooks.detach(prototype, 'start');
    });
    hooks.onLoad('kafkajs/src/network/connection.js', ({ exports: { prototype } }) => {
      hooks.detach(prototype, 'connect');
      hooks.before(prototype, 'connect', ({ host, port }: { host: string; port: number }) => {
        dependencies()?.note({ system: 'kafka', address: host, port });
      });
    });
    hooks.onLoad('kafkajs/src/consumer/consumerGroup.js', ({ exports }) => consumers.observeOffsets(exports.prototype));
  },
};
