import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../events.ts';
import { Consumers } from './bullmq/consumer.ts';
import { carrierIn, type Job } from './bullmq/job.ts';
import { Producers } from './bullmq/producer.ts';

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
    const consumers = new Consumers(queue, hooks);

    for (const utils of ['utils', 'utils/index']) {
      hooks.onLoad(`bullmq/dist/cjs/${utils}.js`, ({ exports }) => producers.observeTrace(exports));
    }
    const onClass = (name: string, attach: (exports: any) => void): void =>
      hooks.onLoad(`bullmq/dist/cjs/classes/${name}.js`, ({ exports }) => attach(exports));

    onClass('queue', ({ Queue }) => producers.observeQueue(Queue.prototype));
    onClass('flow-producer', ({ FlowProducer }) => {
      producers.observeFlows(FlowProducer.prototype);
      consumers.observeEvents(FlowProducer.prototype);
    });
    onClass('job', ({ Job: { prototype } }) => consumers.observeJob(prototype));
    onClass('worker', ({ Worker: { prototype } }) => consumers.observeWorker(prototype));
    onClass('queue-base', ({ QueueBase }) => consumers.observeEvents(QueueBase.prototype));

    // Connections are opened, and events of the queue read, for nobody's request.
    for (const [file, name, method] of [
      ['redis-connection', 'RedisConnection', 'init'],
      ['queue-events', 'QueueEvents', 'run'],
    ] as const) {
      onClass(file, (exports) =>
        hooks.wrap(exports[name].prototype, method, (original) => {
          return function (this: unknown, ...args: unknown[]) {
            return hooks.active ? queue.background(original, this, args) : original.apply(this, args);
          };
        }),
      );
    }

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
