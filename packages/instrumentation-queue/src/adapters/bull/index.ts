import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { DueTimes } from '../bullmq/due-times.ts';
import { Consumers } from './consumer.ts';
import { Producers } from './producer.ts';

/** bull 4, the ancestor of bullmq: it has no hooks. Jobs carry the trace as those of early bullmq, in `opts.tm`. */
export const bull: Adapter<QueueEvents> = {
  library: 'bull',
  versions: '>=4.10.0 <5',
  upstream: ['@appsignal/opentelemetry-instrumentation-bull'],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'jobs added and handled, in one trace; repeated jobs; wait; attempt; failed jobs',
  attach(queue, hooks) {
    const dueTimes = new DueTimes();
    const producers = new Producers(queue, hooks, dueTimes);
    const consumers = new Consumers(queue, hooks, dueTimes);
    hooks.onLoad('bull/lib/scripts.js', ({ exports }) => producers.observeScripts(exports));
    hooks.onLoad('bull/lib/utils.js', ({ exports }) => consumers.observeEvents(exports));
    hooks.onLoad('bull/lib/job.js', ({ exports }) => {
      producers.observeJob(exports);
      consumers.observeJob(exports);
    });
    hooks.onLoad('bull/lib/queue.js', ({ exports: { prototype } }) => {
      producers.observeQueue(prototype);
      consumers.observeQueue(prototype);
    });
  },
};
