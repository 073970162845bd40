import { AsyncLocalStorage } from 'node:async_hooks';
import { guard, type Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { countOf, type Flow } from './flow.ts';
import { metadataOf, type Job, type Owner } from './job.ts';

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
  /** How many jobs the call adds that is under way. */
  readonly #count = new AsyncLocalStorage<number>();

  constructor(queue: QueueEvents, hooks: Hooks) {
    this.#queue = queue;
    this.#hooks = hooks;
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
      result.then(
        (job) => guard('bullmq add', () => send.sent(count, idOf(job))),
        (error) => guard('bullmq add', () => send.failed(error)),
      );
      return result;
    };
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

  observeQueue(prototype: { addBulk: unknown }): void {
    this.#counting(prototype, 'addBulk', (jobs) => (Array.isArray(jobs) ? jobs.length : 1));
  }

  observeFlows(prototype: { add: unknown; addBulk: unknown; addNode: unknown }): void {
    const hooks = this.#hooks;
    const producers = this;
    this.#counting(prototype, 'add', (flow) => countOf([flow as Flow]));
    this.#counting(prototype, 'addBulk', (flows) => countOf(flows as Flow[]));
    hooks.wrap(prototype, 'addNode', (original) => {
      return function (this: { telemetry?: unknown }, ...args: unknown[]) {
        const given =
          hooks.active && !this.telemetry ? guard('bullmq flow', () => producers.#withTrace(args)) : undefined;
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

  /** Nodes without options get none from bullmq's own telemetry. The caller's node stays as it is: the copy inherits. */
  #withTrace([first, ...rest]: unknown[]): unknown[] | undefined {
    const { node } = first as { node: Flow };
    if (node.opts?.telemetry?.omitContext || node.opts?.telemetry?.metadata) return undefined;
    const carrier = this.#queue.carrier(node.queueName, this.#count.getStore());
    if (!carrier) return undefined;
    const metadata = metadataOf(carrier, (node.children?.length ?? 0) > 0);
    const opts = { ...node.opts, telemetry: { ...node.opts?.telemetry, metadata } };
    const copy: unknown = Object.create(node, { opts: { enumerable: true, value: opts } });
    return [{ ...(first as object), node: copy }, ...rest];
  }
}

function idOf(job: unknown): string | undefined {
  const { id } = ((job as { job?: Job } | undefined)?.job ?? job ?? {}) as Job;
  return typeof id === 'string' ? id : undefined;
}
