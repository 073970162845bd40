import { AsyncLocalStorage } from 'node:async_hooks';
import { guard, whenSettled, type Hooks, type Run, type Runner } from '@foreshock/kit';
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

/** Sending operations of `trace`; `addNode` is part of a flow. */
const SENDS = new Set(['add', 'addBulk', 'addFlow', 'addBulkFlows']);

export class Producers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  readonly #dueTimes: DueTimes;
  /** In the current call. */
  readonly #count = new AsyncLocalStorage<number>();

  constructor(queue: QueueEvents, hooks: Hooks, dueTimes: DueTimes) {
    this.#queue = queue;
    this.#hooks = hooks;
    this.#dueTimes = dueTimes;
  }

  /**
   * `trace` (dist/cjs/utils) passes bullmq's span and metadata to the callback, neither without telemetry; this adds
   * metadata.
   */
  observeTrace(utils: { trace: unknown }): void {
    this.#hooks.before(utils, 'trace', (_utils, args: TraceArgs) => {
      const [telemetry, kind, queueName, operation, , callback] = args;
      if (telemetry || kind !== PRODUCER || !SENDS.has(operation)) return;
      args[5] = this.#observed(String(queueName), operation, callback) ?? callback;
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
      // The caller of `trace` awaits it.
      return whenSettled(
        result,
        (added) => this.#added(added, send, count),
        (error) => send.failed(error),
      ) as Promise<unknown>;
    };
  }

  #added(added: unknown, send: Send, count: number): void {
    send.sent(count, idOf(added));
    for (const job of [added].flat() as (Partial<Added> | undefined)[]) {
      const delay = job?.opts?.delay;
      if (job?.queue && typeof delay === 'number' && delay > 0) this.#dueTimes.added(job.queue, job, delay);
    }
  }

  /** Before 5.34: `Queue` awaits or returns these. Workers create repeated jobs' next runs. */
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
    const { quietly } = this.#queue;
    this.#hooks.calls(Job, method, {
      begin: (_Job, args) => {
        const queue = args[0] as Owner | undefined;
        if (!queue || queue.opts?.telemetry) return undefined;
        const count = Array.isArray(args[1]) ? args[1].length : 1;
        const send = this.#queue.send({ system: 'bullmq', destination: String(queue.name), operation, count });
        if (!send) return undefined;
        const metadata = metadataOf(send.carrier);
        const given = metadata && guard('bullmq add', () => withTrace(args, metadata));
        if (given) args.splice(0, args.length, ...given);
        const run: Run = (fn, self, given) => send.run(() => quietly(fn, self, given), undefined, []);
        return { send, count, run };
      },
      within: (sending) => sending,
      succeeded: ({ send, count }, added) => this.#added(added, send, count),
      failed: ({ send }, error) => send.failed(error),
    });
  }

  /** `addJob` shows only the send; with the application's telemetry, below that span. */
  observeCommand(prototype: { addJob: unknown }): void {
    const quiet: Runner = { run: this.#queue.quietly };
    this.#hooks.calls(prototype, 'addJob', {
      begin: ({ queue }: { queue?: Owner }) => (queue?.opts?.telemetry ? undefined : quiet),
      within: (where) => where,
    });
  }

  /** Unlike `add`, `addBulk` would keep an earlier job's trace in reused options. */
  observeQueue(prototype: { addBulk: unknown }): void {
    this.#counting(prototype, 'addBulk', (jobs) => (Array.isArray(jobs) ? jobs.length : 1));
    this.#hooks.before(prototype, 'addBulk', (queue: Owner, args) => {
      if (!queue.opts?.telemetry) args[0] = withoutTraces(args[0]);
    });
  }

  /** @param early before 5.34: caller's trace, spanless */
  observeFlows(prototype: { add: unknown; addBulk: unknown; addNode: unknown }, early: boolean): void {
    this.#counting(prototype, 'add', (flow) => countOf([flow as Flow]));
    this.#counting(prototype, 'addBulk', (flows) => countOf(flows as Flow[]));
    this.#hooks.before(prototype, 'addNode', (flows: { telemetry?: unknown }, args) => {
      if (!flows.telemetry) args[0] = this.#withTrace(args[0], early);
    });
  }

  #counting<T extends object>(prototype: T, method: keyof T & string, countOfJobs: (jobs: unknown) => number): void {
    this.#hooks.calls(prototype, method, {
      begin: (_self, [jobs]): Runner => {
        const count = guard(`bullmq ${method}`, () => countOfJobs(jobs)) ?? 1;
        return { run: (fn, self, args) => this.#count.run(count, Reflect.apply<any, any, any>, fn, self, args) };
      },
      within: (where) => where,
    });
  }

  /** bullmq's telemetry skips nodes without options and keeps an earlier job's trace. */
  #withTrace(given: { node: Flow }, early: boolean): { node: Flow } {
    const { node } = given;
    if (node.opts?.telemetry?.omitContext) return given;
    const metadata = metadataOf(
      this.#queue.carrier(node.queueName, this.#count.getStore()),
      (node.children?.length ?? 0) > 0,
    );
    if (!metadata) return given;
    const opts = early ? withEarlyMetadata(node.opts, metadata) : withMetadata(node.opts, metadata);
    return { ...given, node: Object.create(node, { opts: { enumerable: true, value: opts } }) as Flow };
  }
}

interface Added extends Job {
  queue: Owner;
}

function optionsWith(opts: JobOptions | undefined, metadata: string): JobOptions | undefined {
  return opts?.telemetry?.omitContext ? opts : withEarlyMetadata(opts, metadata);
}

function withoutTraces(jobs: unknown): unknown {
  if (!Array.isArray(jobs)) return jobs;
  let found = false;
  const given = (jobs as { opts?: JobOptions }[]).map((job) => {
    if (job?.opts?.telemetry?.metadata === undefined || job.opts.telemetry.omitContext) return job;
    found = true;
    const { metadata: _, ...telemetry } = job.opts.telemetry;
    return Object.create(job, { opts: { enumerable: true, value: { ...job.opts, telemetry } } }) as typeof job;
  });
  return found ? given : jobs;
}

function idOf(job: unknown): string | undefined {
  const { id } = ((job as { job?: Job } | undefined)?.job ?? job ?? {}) as Job;
  return typeof id === 'string' ? id : undefined;
}
