import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../events.ts';
import { Redeliveries } from '../redeliveries.ts';
import { Consumers } from './bullmq/consumer.ts';
import { carrierIn, type Job } from './bullmq/job.ts';
import { Outcomes } from './bullmq/outcomes.ts';
import { Producers } from './bullmq/producer.ts';

/** Files of dist/cjs/classes, and what in them is no caller's. */
const OWN_WORK = [
  ['redis-connection', 'RedisConnection', ['init', 'close', 'disconnect']],
  ['redis-queue-backend', 'RedisQueueBackend', ['setQueueMeta']],
  ['queue-events', 'QueueEvents', ['run']],
] as const;

/**
 * bullmq 5 (from its telemetry of 5.34) and 6. Its package has no `exports`: `require` and `import` both load
 * dist/cjs.
 */
export const bullmq: Adapter<QueueEvents> = {
  library: 'bullmq',
  versions: '>=5.34.0 <7',
  upstream: ['@appsignal/opentelemetry-instrumentation-bullmq'],
  attach(queue, hooks) {
    const producers = new Producers(queue, hooks);
    const redeliveries = new Redeliveries();
    const outcomes = new Outcomes(queue, hooks, redeliveries);
    const consumers = new Consumers(queue, hooks, redeliveries, outcomes);

    for (const utils of ['utils', 'utils/index']) {
      hooks.onLoad(`bullmq/dist/cjs/${utils}.js`, ({ exports }) => producers.observeTrace(exports));
    }
    const onClass = (name: string, attach: (exports: any) => void): void =>
      hooks.onLoad(`bullmq/dist/cjs/classes/${name}.js`, ({ exports }) => attach(exports));

    onClass('queue', ({ Queue }) => producers.observeQueue(Queue.prototype));
    onClass('flow-producer', ({ FlowProducer }) => {
      producers.observeFlows(FlowProducer.prototype);
      outcomes.observe(FlowProducer.prototype);
    });
    onClass('job', ({ Job: { prototype } }) => consumers.observeJob(prototype));
    onClass('worker', ({ Worker: { prototype } }) => consumers.observeWorker(prototype));
    onClass('queue-base', ({ QueueBase }) => outcomes.observe(QueueBase.prototype));

    // Connections are opened and closed, a queue is described and its events are read, for nobody's request.
    for (const [file, name, methods] of OWN_WORK) {
      onClass(file, (exports) => {
        for (const method of methods) {
          hooks.wrap(exports[name].prototype, method, (original) => {
            return function (this: unknown, ...args: unknown[]) {
              return hooks.active ? queue.background(original, this, args) : original.apply(this, args);
            };
          });
        }
      });
    }

    // Of 5, and of 6 over Redis.
    onClass('scripts', ({ Scripts: { prototype } }) => producers.observeCommand(prototype));
    onClass('redis-queue-backend', ({ RedisQueueBackend: { prototype } }) => producers.observeCommand(prototype));

    // In the process or thread of a sandboxed processor.
    onClass('child-processor', ({ ChildProcessor: { prototype } }) =>
      hooks.wrap(prototype, 'start', (original) => {
        return function (this: unknown, ...args: unknown[]) {
          const carrier = hooks.active ? carrierIn((args[0] as Job | undefined)?.opts) : undefined;
          return carrier ? queue.resume(carrier, original, this, args) : original.apply(this, args);
        };
      }),
    );
  },
};
