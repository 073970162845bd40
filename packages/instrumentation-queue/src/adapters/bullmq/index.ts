import { dependencies, inRange, namedSettings, plainSettings, type Adapter, type Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { observeCommands } from './commands.ts';
import { Consumers } from './consumer.ts';
import { DueTimes } from './due-times.ts';
import type { Job } from './job.ts';
import { carrierIn } from './metadata.ts';
import { Outcomes } from './outcomes.ts';
import { observePuttingOff, observePuttingOffOfMany } from './put-off.ts';
import { Producers } from './producer.ts';

/** Internal methods in dist/cjs/classes. */
const OWN_WORK = [
  ['redis-connection', 'RedisConnection', ['init', 'close', 'disconnect']],
  ['redis-queue-backend', 'RedisQueueBackend', ['setQueueMeta']],
  ['queue-events', 'QueueEvents', ['run']],
] as const;

/** `Queue`, `Worker`, `QueueEvents`. */
interface Base {
  readonly constructor: { readonly name: string };
  readonly name: string;
  readonly opts: object;
}

/** With propagating telemetry (`opts.telemetry`, `trace` of utils.js). */
const TELEMETRY = '>=5.34.0 <7';

/** Called by the constructor: of 6, and of newer versions of 5. */
function observeMaking(prototype: object, hooks: Hooks): void {
  for (const name of ['createBackend', 'createScripts']) {
    if (Object.hasOwn(prototype, name)) hooks.before(prototype, name as never, noteSettings);
  }
}

/** The subclass's constructor may complete them: they are read when asked for. */
function noteSettings(base: Base): void {
  dependencies()?.settings.note('bullmq', base, (each) => ({
    name: `${each.constructor.name} ${each.name}`,
    // A worker's can be set later.
    values: { ...plainSettings({ ...each.opts, connection: undefined }), ...namedSettings(each, ['concurrency']) },
  }));
}

/** bullmq 5 and 6. Lacking `exports`, `require` and `import` load dist/cjs. */
export const bullmq: Adapter<QueueEvents> = {
  library: 'bullmq',
  versions: '>=5.0.0 <7',
  upstream: ['@appsignal/opentelemetry-instrumentation-bullmq'],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'jobs added, handled and fetched, in one trace; flows; schedulers; wait; attempt; failed jobs',
  attach(queue, hooks) {
    const dueTimes = new DueTimes();
    const producers = new Producers(queue, hooks, dueTimes);
    const outcomes = new Outcomes(queue, hooks, dueTimes);
    const consumers = new Consumers(queue, hooks, dueTimes, outcomes);

    const isEarly = (version: string): boolean => !inRange(version, TELEMETRY);
    for (const utils of ['utils', 'utils/index']) {
      hooks.onLoad(`bullmq/dist/cjs/${utils}.js`, ({ exports, version }) => {
        if (!isEarly(version)) producers.observeTrace(exports);
      });
    }
    const onClass = (name: string, attach: (exports: any, version: string) => void): void =>
      hooks.onLoad(`bullmq/dist/cjs/classes/${name}.js`, ({ exports, version }) => attach(exports, version));

    onClass('queue', ({ Queue: { prototype } }, version) => {
      if (!isEarly(version)) producers.observeQueue(prototype);
      observePuttingOffOfMany(prototype, hooks, dueTimes);
      observeCommands(prototype, queue, hooks);
    });
    onClass('queue-getters', ({ QueueGetters: { prototype } }) => observeCommands(prototype, queue, hooks));
    onClass('flow-producer', ({ FlowProducer: { prototype } }, version) => {
      producers.observeFlows(prototype, isEarly(version));
      outcomes.observe(prototype);
    });
    onClass('job', ({ Job }, version) => {
      if (isEarly(version)) producers.observeCreation(Job);
      consumers.observeJob(Job);
      observeCommands(Job, queue, hooks, ['fromId', 'addJobLog']);
      observePuttingOff(Job.prototype, hooks, dueTimes);
      observeCommands(Job.prototype, queue, hooks);
    });
    onClass('worker', ({ Worker: { prototype } }) => {
      consumers.observeWorker(prototype);
      observeMaking(prototype, hooks);
    });
    onClass('queue-events', ({ QueueEvents: { prototype } }) => outcomes.observeEvents(prototype));
    onClass('queue-base', ({ QueueBase: { prototype } }) => {
      outcomes.observe(prototype);
      observeMaking(prototype, hooks);
    });

    // These belong to no request.
    for (const [file, name, methods] of OWN_WORK) {
      onClass(file, (exports) => {
        for (const method of methods) {
          if (!exports[name].prototype[method]) continue;
          hooks.runBy(exports[name].prototype, method, queue.background);
        }
      });
    }

    // 5, and 6 over Redis.
    for (const [file, name] of [
      ['scripts', 'Scripts'],
      ['redis-queue-backend', 'RedisQueueBackend'],
    ] as const) {
      onClass(file, (exports, version) => {
        const { prototype } = exports[name];
        if (!isEarly(version)) producers.observeCommand(prototype);
        consumers.observeEnding(prototype);
        observeCommands(prototype, queue, hooks);
      });
    }

    onClass('child-processor', ({ ChildProcessor: { prototype } }) =>
      hooks.calls(prototype, 'start', {
        begin(_processor, [job]: [Job | undefined]) {
          const carrier = carrierIn(job?.opts);
          return carrier && queue.continuing(carrier);
        },
        within: (sender) => sender,
      }),
    );
  },
};
