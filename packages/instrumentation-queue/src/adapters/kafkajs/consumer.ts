import { observed, type AnyFunction, type Hooks, type MethodCalls, type Run } from '@foreshock/kit';
import type { Message as Received, Processing, QueueEvents } from '../../events.ts';
import { Attempts } from './attempts.ts';
import { messageOf, type Message } from './message.ts';

/** src/consumer/runner.js. */
interface Runner {
  consumerGroup: ConsumerGroup;
  eachMessage?: Handler;
  eachBatch?: Handler;
  processEachMessage: unknown;
  processEachBatch: unknown;
}

/** src/consumer/consumerGroup.js. */
interface ConsumerGroup {
  groupId: string;
  /** Changes with each rebalance. */
  generationId?: unknown;
  resolveOffset: unknown;
  commitOffsets: unknown;
}

type Handler = (this: unknown, payload: any, ...rest: unknown[]) => unknown;

interface Handling {
  readonly processing: Processing;
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly generation: unknown;
  readonly last: bigint;
  /** Redelivered first on failure. */
  next: bigint;
}

export class Consumers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  /** By consumer group. */
  readonly #running = new WeakMap<object, Set<Handling>>();
  readonly #attempts = new Attempts();

  constructor(queue: QueueEvents, hooks: Hooks) {
    this.#queue = queue;
    this.#hooks = hooks;
  }

  observeRunner(prototype: Runner): void {
    for (const [method, handlerName] of [
      ['processEachMessage', 'eachMessage'],
      ['processEachBatch', 'eachBatch'],
    ] as const) {
      const run: Run = (original, runner, args) =>
        Reflect.apply(original, this.#derived(runner as Runner, handlerName), args);
      this.#hooks.runBy(prototype, method, run);
    }
  }

  /** For one batch: runners outlive us. */
  #derived(runner: Runner, name: 'eachMessage' | 'eachBatch'): Runner {
    const handler = runner[name];
    return handler ? Object.create(runner, { [name]: { value: this.#observed(runner, handler) } }) : runner;
  }

  #observed(runner: Runner, handler: Handler): Handler {
    const { consumerGroup: group } = runner;
    const steps: MethodCalls<Handling> = {
      begin: (_self, [payload]) => this.#begin(group, payload),
      within: ({ processing }) => processing,
      succeeded: (handling) => this.#end(group, handling, undefined),
      failed: (handling, error) => this.#end(group, handling, { error }),
    };
    return observed(handler as AnyFunction, steps, 'kafkajs run', this.#hooks).bind(runner) as Handler;
  }

  #begin(group: ConsumerGroup, payload: any): Handling | undefined {
    const { batch } = payload;
    const messages: Message[] = batch ? batch.messages : [payload.message];
    const { topic, partition } = batch ?? payload;
    const [first, last] = [messages[0]!, messages.at(-1)!];
    const key = `${group.groupId}\n${topic}\n${partition}`;
    const generation = group.generationId;
    const next = BigInt(first.offset);
    this.#attempts.begin(key, next);
    const earlier = (offset: string) =>
      this.#attempts.isEmpty ? undefined : this.#attempts.of(key, BigInt(offset), generation);
    const processing = this.#queue.process({
      system: 'kafka',
      destination: topic,
      group: group.groupId,
      messages: messages.map((message): Received => messageOf(message, partition, earlier(message.offset))),
    });
    if (!processing) return undefined;
    const handling = { processing, topic, partition, last: BigInt(last.offset), key, generation, next };
    let running = this.#running.get(group);
    if (!running) this.#running.set(group, (running = new Set()));
    running.add(handling);
    return handling;
  }

  #end(group: ConsumerGroup, handling: Handling, failure: { error: unknown } | undefined): void {
    this.#running.get(group)?.delete(handling);
    if (failure) {
      this.#attempts.failed(handling.key, handling.next, handling.last, handling.generation);
      handling.processing.failed(failure);
    } else {
      this.#attempts.begin(handling.key, handling.last + 1n);
      handling.processing.succeeded();
    }
  }

  observeOffsets(prototype: ConsumerGroup): void {
    const hooks = this.#hooks;
    const letGo = (group: ConsumerGroup, topic: string, partition: number, next: bigint): void => {
      for (const handling of this.#running.get(group) ?? []) {
        if (handling.topic !== topic || handling.partition !== Number(partition)) continue;
        if (next > handling.next) handling.next = next;
        if (next > handling.last) handling.processing.settled('commit');
      }
    };
    // Resolved offsets are committed, even in failure.
    hooks.before(prototype, 'resolveOffset', (group, [{ topic, partition, offset }]) =>
      letGo(group, topic, partition, BigInt(offset) + 1n),
    );
    // Committed: next to read.
    hooks.before(prototype, 'commitOffsets', (group, [given]) => {
      if (given) committed(group, given as Committed);
    });
    type Committed = { topics?: { topic: string; partitions: { partition: number; offset: unknown }[] }[] };
    function committed(group: ConsumerGroup, { topics = [] }: Committed): void {
      for (const { topic, partitions } of topics) {
        for (const { partition, offset } of partitions) letGo(group, topic, partition, BigInt(String(offset)));
      }
    }
  }
}
