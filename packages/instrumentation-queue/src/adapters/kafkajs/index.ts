import { dependencies, namedSettings, type Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { Consumers } from './consumer.ts';
import { observedFactory } from './producer.ts';

interface Connection {
  readonly host: string;
  readonly port: number;
}

/** src/consumer/consumerGroup.js */
const OF_GROUPS = [
  'sessionTimeout',
  'rebalanceTimeout',
  'maxWaitTime',
  'minBytes',
  'maxBytes',
  'maxBytesPerPartition',
  'metadataMaxAge',
  'autoCommit',
  'autoCommitInterval',
  'autoCommitThreshold',
];

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
      hooks.before(prototype, 'connect', (connection: Connection) => {
        const { host, port } = connection;
        dependencies()?.note({ system: 'kafka', address: host, port });
        dependencies()?.settings.note('kafkajs', connection, (each) => ({
          name: `connection ${each.host}:${each.port}`,
          values: namedSettings(each, ['connectionTimeout', 'requestTimeout', 'reauthenticationThreshold']),
        }));
      });
    });
    hooks.onLoad('kafkajs/src/consumer/consumerGroup.js', ({ exports: { prototype } }) => {
      consumers.observeOffsets(prototype);
      hooks.before(prototype, 'connect', (group: { groupId: string }) => {
        dependencies()?.settings.note('kafkajs', group, (each) => ({
          name: `consumer ${each.groupId}`,
          values: namedSettings(each, OF_GROUPS),
        }));
      });
    });
  },
};
