import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { attachNats } from '../nats/attach.ts';

/** @nats-io/nats-core 3 below its transports, and @nats-io/jetstream: what nats 2 was. */
export const natsIoNatsCore: Adapter<QueueEvents> = {
  library: '@nats-io/nats-core',
  versions: '>=3.0.0 <4',
  upstream: [],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'as of `nats`, with `@nats-io/transport-node` and `@nats-io/jetstream` 3',
  attach: (queue, hooks) =>
    attachNats(queue, hooks, {
      base: '@nats-io/nats-core/lib',
      jetstream: '@nats-io/jetstream/lib',
      versions: '>=3.0.0 <4',
    }),
};
