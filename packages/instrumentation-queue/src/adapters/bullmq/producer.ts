import { AsyncLocalStorage } from 'node:async_hooks';
import { guard, type Hooks } from '@foreshock/kit';
import type { QueueEvents, Send } from '../../events.ts';
import { countOf, type Flow } from './flow.ts';
import type { DueTimes } from './due-times.ts';
import type { Job, JobOptions, Owner } from './job.ts';
import { metadataOf, withEarlyMetadata, withMetadata } from './metadata.ts';

/** `SpanKind` of dist/cjs/enums/telemetry-attributes.js. */
const PRODUCER = 3;

type TraceArgs = [
  telemetry: unknown,
  kind: number,
  queueName: string,
  operation: string,
  destination: string,
  callback: (...args: unknown[]) => Promise<unknown>,
  metadata?: unknown,
];

/** The operations of `trace` that send; `addNode` is a part of a flow. */
const SENDS = new Set(['add', 'addBulk', 'addFlow', 'addBulkFlows']);

/** What adds jobs: `Queue` and `JobScheduler` by way of `trace`, `FlowProducer` with its nodes. */
export class Producers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #dueTimes: DueTimes;
  /** How many jobs the call adds that is under way. */
  readonly #count = new AsyncLocalStorage<number>();

  constructor(queue: QueueEvents, hooks: Hooks, dueTimes: DueTimes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#dueTimes = dueTimes;
  }

  /**
   * `trace` of dist/cjs/utils is where bullmq's telemetry makes its spans: it runs a callback with a span and with
   * what is to travel. Without telemetry it runs the callback with neither, and here with what is to travel. A queue
   * to which the application gave telemetry is its own.
   */
  observeTrace(utils: { trace: unknown }): void {
    const hooks = this.#hooks;
    const producers = this;
    hooks.wrap(utils, 'trace', (original) => {
      return function (this: unknown, ...args: TraceArgs) {
        const [telemetry, kind, queueName, operation, destination, callback, metadata] = args;
        if (!hooks.active || telemetry || kind !== PRODUCER || !SENDS.has(operation)) {
          return original.apply(this, args);
        }
        const observed = guard('bullmq add', () => producers.#observed(String(queueName), operation, callback));
        if (!observed) return original.apply(this, args);
        return original.call(this, telemetry, kind, queueName, operation, destination, observed, metadata);
      };
    });
  }

  #observed(
    queueName: string,
    operation: string,
    callback: (...args: unknown[]) => Promise<unknown>,
  ): (() => Promise<unknown>) | undefined {
    const count = operation === 'add' ? 1 : (this.#count.getStore() ?? 1);
    const send = this.#queue.send({
      system: 'bullmq',
      destination: queueName === '' ? undefined : queueName,
      operation,
      count,
    });
    if (!send) return undefined;
    return () => {
      const result = send.run(callback, undefined, [undefined, metadataOf(send.carrier)]);
      // Awaited by the method that called `trace`, so looking at it hides no rejection.
      this.#watch(result, send, count);
      return result;
    };
  }

  #watch(result: Promise<unknown>, send: Send, count: number): void {
    result.then(
      (added) =>
        guard('bullmq add', () => {
          send.sent(count, idOf(added));
          for (const job of [added].flat() as (Partial<Added> | undefined)[]) {
            const delay = job?.opts?.delay;
            if (job?.queue && typeof delay === 'number' && delay > 0) this.#dueTimes.added(job.queue, job, delay);
          }
        }),
      (error) => guard('bullmq add', () => send.failed(error)),
    );
  }

  /**
   * Before 5.34: `Job.create` and `Job.createBulk`, which `Queue` awaits or returns. What adds the next run of a
   * repeated job is the worker's own work.
   */
  observeCreation(Job: { create: unknown; createBulk: unknown }): void {
    this.#creating(Job, 'create', 'add', ([queue, name, data, opts, ...rest], metadata) => [
      queue,
      name,
      data,
      optionsWith(opts as JobOptions | undefined, metadata),
      ...rest,
    ]);
    this.#creating(Job, 'createBulk', 'addBulk', ([queue, jobs, ...rest], metadata) => [
      queue,
      (jobs as { opts?: JobOptions }[]).map((job) =>
        Object.create(job, { opts: { enumerable: true, value: optionsWith(job.opts, metadata) } }),
      ),
      ...rest,
    ]);
  }

  #creating<T extends object>(
    Job: T,
    method: keyof T & string,
    operation: string,
    withTrace: (args: unknown[], metadata: string) => unknown[],
  ): void {
    const hooks = this.#hooks;
    const producers = this;
    hooks.wrap(Job, method, (original) => {
      return function (this: unknown, ...args: unknown[]) {
        const queue = args[0] as Owner | undefined;
        const count = Array.isArray(args[1]) ? args[1].length : 1;
        const send =
          hooks.active && queue && !queue.opts?.telemetry
            ? guard('bullmq add', () =>
                producers.#queue.send({ system: 'bullmq', destination: String(queue.name), operation, count }),
              )
            : undefined;
        if (!send) return original.apply(this, args);
        const metadata = metadataOf(send.carrier);
        const given = (metadata && guard('bullmq add', () => withTrace(args, metadata))) || args;
        const quietly = (): unknown => producers.#queue.quietly(original, this, given);
        const result = send.run(quietly, undefined, []) as Promise<unknown>;
        guard('bullmq add', () => producers.#watch(result, send, count));
        return result;
      };
    });
  }

  /**
   * `addJob`: the one script that adds a job takes as long as the sending that it is, and says nothing more. A queue
   * to which the application gave telemetry shows it below the application's span.
   */
  observeCommand(prototype: { addJob: unknown }): void {
    const hooks = this.#hooks;
    const events = this.#queue;
    hooks.wrap(prototype, 'addJob', (original) => {
      return function (this: { queue?: Owner }, ...args: unknown[]) {
        if (!hooks.active || this.queue?.opts?.telemetry) return original.apply(this, args);
        return events.quietly(original, this, args);
      };
    });
  }

  /** The options of an earlier job bring its trace along: `addBulk` would keep that, `add` does not. */
  observeQueue(prototype: { addBulk: unknown }): void {
    this.#counting(prototype, 'addBulk', (jobs) => (Array.isArray(jobs) ? jobs.length : 1));
    const hooks = this.#hooks;
    hooks.wrap(prototype, 'addBulk', (original) => {
      return function (this: Owner, ...args: unknown[]) {
        const given =
          hooks.active && !this.opts?.telemetry ? guard('bullmq addBulk', () => withoutTraces(args)) : undefined;
        return original.apply(this, given ?? args);
      };
    });
  }

  /** @param early before 5.34: nodes carry the caller's own trace, and there is no span of the sending */
  observeFlows(prototype: { add: unknown; addBulk: unknown; addNode: unknown }, early: boolean): void {
    const hooks = this.#hooks;
    const producers = this;
    this.#counting(prototype, 'add', (flow) => countOf([flow as Flow]));
    this.#counting(prototype, 'addBulk', (flows) => countOf(flows as Flow[]));
    hooks.wrap(prototype, 'addNode', (original) => {
      return function (this: { telemetry?: unknown }, ...args: unknown[]) {
        const given =
          hooks.active && !this.telemetry ? guard('bullmq flow', () => producers.#withTrace(args, early)) : undefined;
        return original.apply(this, given ?? args);
      };
    });
  }

  #counting<T extends object>(prototype: T, method: keyof T & string, countOfJobs: (jobs: unknown) => number): void {
    const hooks = this.#hooks;
    const counts = this.#count;
    hooks.wrap(prototype, method, (original) => {
      return function (this: unknown, ...args: unknown[]) {
        if (!hooks.active) return original.apply(this, args);
        const count = guard(`bullmq ${method}`, () => countOfJobs(args[0])) ?? 1;
        return counts.run(count, Reflect.apply, original, this, args);
      };
    });
  }

  /**
   * Nodes without options get none from bullmq's own telemetry, and those with an earlier job's keep the trace of that.
   * The caller's node stays as it is: the copy inherits.
   */
  #withTrace([first, ...rest]: unknown[], early: boolean): unknown[] | undefined {
    const { node } = first as { node: Flow };
    if (node.opts?.telemetry?.omitContext) return undefined;
    const metadata = metadataOf(
      this.#queue.carrier(node.queueName, this.#count.getStore()),
      (node.children?.length ?? 0) > 0,
    );
    if (!metadata) return undefined;
    const opts = early ? withEarlyMetadata(node.opts, metadata) : withMetadata(node.opts, metadata);
    const copy: unknown = Object.create(node, { opts: { enumerable: true, value: opts } });
    return [{ ...(first as object), node: copy }, ...rest];
  }
}

/** A job as a queue gives it back. */
interface Added extends Job {
  queue: Owner;
}

function optionsWith(opts: JobOptions | undefined, metadata: string): JobOptions | undefined {
  return opts?.telemetry?.omitContext ? opts : withEarlyMetadata(opts, metadata);
}

/** Jobs as the caller gave them, but for the trace of an earlier job among their options; undefined when there is none. */
function withoutTraces([jobs, ...rest]: unknown[]): unknown[] | undefined {
  if (!Array.isArray(jobs)) return undefined;
  let found = false;
  const given = (jobs as { opts?: JobOptions }[]).map((job) => {
    if (job?.opts?.telemetry?.metadata === undefined || job.opts.telemetry.omitContext) return job;
    found = true;
    const { metadata: _, ...telemetry } = job.opts.telemetry;
    return Object.create(job, { opts: { enumerable: true, value: { ...job.opts, telemetry } } }) as typeof job;
  });
  return found ? [given, ...rest] : undefined;
}

function idOf(job: unknown): string | undefined {
  const { id } = ((job as { job?: Job } | undefined)?.job ?? job ?? {}) as Job;
  return typeof id === 'string' ? id : undefined;
}
