import { AsyncLocalStorage } from 'node:async_hooks';
import { observed, replaceOn, type Hooks, type Runner } from '@foreshock/kit';
import type { Carrier, QueueEvents, Send } from '../../events.ts';
import type { DueTimes } from '../bullmq/due-times.ts';
import { metadataOf, withEarlyMetadata } from '../bullmq/metadata.ts';
import type { JobOptions } from '../bullmq/job.ts';
import { asStored, ownerOf, type BullJob, type BullQueue } from './job.ts';

interface Sending extends Runner {
  readonly send: Send;
  readonly count: number;
  /** Its pipeline is known. */
  isPiped: boolean;
}

/** lib/job.js, statically. */
interface JobClass {
  create: unknown;
  createBulk: unknown;
  prototype: { toData: unknown };
}

/** ioredis' `Pipeline`. */
interface Pipeline {
  exec(...args: unknown[]): unknown;
}

/**
 * `Job.create` gives the caller its promise, which nobody of the library awaits: the ends are those of what it awaits,
 * `isReady`, `toData`, `scripts.addJob` and a pipeline's `exec`.
 */
export class Producers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #dueTimes: DueTimes;
  /** In the current call. */
  readonly #sending = new AsyncLocalStorage<Sending | undefined>();

  constructor(queue: QueueEvents, hooks: Hooks, dueTimes: DueTimes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#dueTimes = dueTimes;
  }

  observeJob(Job: JobClass): void {
    this.#creating(Job, 'create', 'add', (args, carrier) => {
      // A name is optional.
      const at = typeof args[1] === 'string' ? 3 : 2;
      args[at] = withTrace(args[at] as JobOptions | undefined, carrier);
    });
    this.#creating(Job, 'createBulk', 'addBulk', (args, carrier) => {
      const jobs = args[1] as { opts?: JobOptions }[];
      args[1] = jobs.map((job) =>
        Object.create(job, { opts: { enumerable: true, value: withTrace(job.opts, carrier) } }),
      );
    });
    // JSON refuses some data.
    this.#hooks.calls(Job.prototype, 'toData', {
      begin: () => this.#sending.getStore(),
      failed: ({ send }, error) => send.failed(error),
    });
  }

  observeQueue(prototype: { isReady: unknown }): void {
    this.#hooks.calls(prototype, 'isReady', {
      begin: () => this.#sending.getStore(),
      succeeded: () => {},
      failed: ({ send }, error) => send.failed(error),
    });
  }

  observeScripts(scripts: { addJob: unknown }): void {
    this.#hooks.calls(scripts, 'addJob', {
      begin: (_scripts, [client, queue, data]) => {
        const sending = this.#sending.getStore();
        if (!sending || isPipeline(client)) {
          if (sending) this.#executing(client, sending);
          return undefined;
        }
        return { sending, queue: queue as BullQueue, data: data as Partial<BullJob> };
      },
      succeeded: ({ sending, queue, data }, id) => {
        sending.send.sent(1, typeof id === 'string' ? id : undefined);
        const delay = Number(data.delay);
        if (delay > 0) this.#dueTimes.added(ownerOf(queue), asStored({ ...data, id }), delay);
      },
      failed: ({ sending }, error) => sending.send.failed(error),
    });
  }

  #creating<Method extends 'create' | 'createBulk'>(
    Job: JobClass,
    method: Method,
    operation: string,
    addTrace: (args: unknown[], carrier: Carrier) => void,
  ): void {
    const { quietly } = this.#queue;
    this.#hooks.calls(Job, method, {
      begin: (_Job, args): Sending | undefined => {
        const { name } = args[0] as BullQueue;
        const count = method === 'createBulk' ? (args[1] as unknown[]).length : 1;
        const send = this.#queue.send({ system: 'bull', destination: String(name), operation, count });
        if (!send) return undefined;
        if (send.carrier) addTrace(args, send.carrier);
        const sending: Sending = {
          send,
          count,
          isPiped: false,
          run: (fn, self, given) =>
            this.#sending.run(sending, () => send.run(() => quietly(fn, self, given), undefined, [])),
        };
        return sending;
      },
      within: (sending) => sending,
      failed: ({ send }, error) => send.failed(error),
    });
  }

  /** Once a pipeline. */
  #executing(pipeline: Pipeline, sending: Sending): void {
    if (sending.isPiped) return;
    sending.isPiped = true;
    replaceOn(pipeline as never, 'exec', (original) =>
      observed<Sending>(
        original,
        {
          begin: () => sending,
          succeeded: ({ send, count }) => send.sent(count),
          failed: ({ send }, error) => send.failed(error),
        },
        'bull exec',
        this.#hooks,
      ),
    );
  }
}

/** The application's own timestamp may be any time: its wait is not known. */
function withTrace(opts: JobOptions | undefined, carrier: Carrier): JobOptions {
  return withEarlyMetadata(opts, metadataOf(carrier, opts?.timestamp !== undefined)!);
}

function isPipeline(client: unknown): client is Pipeline {
  return (client as { isPipeline?: unknown }).isPipeline === true;
}
