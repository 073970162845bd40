import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { attachNats } from './attach.ts';

/** nats 2, and its JetStream. */
export const nats: Adapter<QueueEvents> = {
  library: 'nats',
  versions: '>=2.18.0 <3',
  upstream: [],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'messages published, requested and handled, in one trace; JetStream: wait, attempt, acks',
  attach: (queue, hooks) =>
    attachNats(queue, hooks, { base: 'nats/lib/nats-base-client', jetstream: 'nats/lib/jetstream' }),
};
