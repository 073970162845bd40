import { guard, type Hooks } from '@foreshock/kit';
import type { Message as Received, Processing, QueueEvents } from '../../events.ts';
import { Redeliveries } from '../../redeliveries.ts';
import { whenSettled } from '../../settled.ts';

/** `Runner` (src/consumer/runner.js): one consumer at work, with the application's handler. */
interface Runner {
  consumerGroup: ConsumerGroup;
  eachMessage?: Handler;
  eachBatch?: Handler;
  processEachMessage: unknown;
  processEachBatch: unknown;
}

/** `ConsumerGroup` (src/consumer/consumerGroup.js): what becomes of offsets. */
interface ConsumerGroup {
  groupId: string;
  resolveOffset: unknown;
  commitOffsets: unknown;
}

interface Message {
  offset: string;
  timestamp?: string;
  headers?: Record<string, unknown>;
}

type Handler = (this: unknown, payload: any, ...rest: unknown[]) => unknown;

/** Messages in a handler's hands. */
interface Handling {
  readonly processing: Processing;
  readonly topic: string;
  readonly partition: number;
  readonly last: bigint;
  readonly key: string;
}

/** Handlers, and offsets that are let go of while they run. */
export class Consumers {
  readonly #queue: QueueEvents;
  readonly #hooks: Hooks;
  /** By consumer group: a process has few handlers at work. */
  readonly #running = new WeakMap<object, Set<Handling>>();
  /** Kafka does not count deliveries; a partition comes to this process again and again. */
  readonly #redeliveries = new Redeliveries();

  constructor(queue: QueueEvents, hooks: Hooks) {
    this.#queue = queue;
    this.#hooks = hooks;
  }

  observeRunner(prototype: Runner): void {
    for (const [method, handlerName] of [
      ['processEachMessage', 'eachMessage'],
      ['processEachBatch', 'eachBatch'],
    ] as const) {
      this.#hooks.wrap(prototype, method, (original) => {
        const consumers = this;
        return function (this: Runner, ...args: unknown[]) {
          const handler = this[handlerName];
          if (!consumers.#hooks.active || !handler) return original.apply(this, args);
          // A runner like this one, but for its handler, for the time of one batch: runners outlive us.
          const observed = Object.create(this, { [handlerName]: { value: consumers.#observed(this, handler) } });
          return original.apply(observed, args);
        };
      });
    }
  }

  #observed(runner: Runner, handler: Handler): Handler {
    const consumers = this;
    const { consumerGroup } = runner;
    return function (payload, ...rest) {
      const handling = guard('kafkajs run', () => consumers.#begin(consumerGroup, payload));
      if (!handling) return handler.call(runner, payload, ...rest);
      const end = (failure?: { error: unknown }): void =>
        void guard('kafkajs run', () => consumers.#end(consumerGroup, handling, failure));
      let result: unknown;
      try {
        result = handling.processing.run(handler, runner, [payload, ...rest]);
      } catch (error) {
        end({ error });
        throw error;
      }
      guard('kafkajs run', () => {
        result = whenSettled(
          result,
          () => end(),
          (error) => end({ error }),
        );
      });
      return result;
    };
  }

  #begin(group: ConsumerGroup, payload: any): Handling | undefined {
    const { batch } = payload;
    const messages: Message[] = batch ? batch.messages : [payload.message];
    const { topic, partition } = batch ?? payload;
    const [first, last] = [messages[0]!, messages.at(-1)!];
    const key = `${group.groupId}\n${topic}\n${partition}\n${first.offset}`;
    const attempt = (this.#redeliveries.of(key)?.failures ?? 0) + 1;
    const dueMs = this.#redeliveries.waitMs(key);
    const now = Date.now();
    const processing = this.#queue.process({
      system: 'kafka',
      destination: topic,
      group: group.groupId,
      messages: messages.map(({ offset, timestamp, headers }): Received => {
        const sent = Number(timestamp);
        return {
          partition,
          offset,
          carrier: headers,
          waitMs: dueMs ?? (sent > 0 ? Math.max(0, now - sent) : undefined),
          attempt,
        };
      }),
    });
    if (!processing) return undefined;
    const handling = { processing, topic, partition, last: BigInt(last.offset), key };
    let running = this.#running.get(group);
    if (!running) this.#running.set(group, (running = new Set()));
    running.add(handling);
    return handling;
  }

  #end(group: ConsumerGroup, handling: Handling, failure: { error: unknown } | undefined): void {
    this.#running.get(group)?.delete(handling);
    if (failure) {
      this.#redeliveries.failed(handling.key);
      handling.processing.failed(failure);
    } else {
      this.#redeliveries.succeeded(handling.key);
      handling.processing.succeeded();
    }
  }

  observeOffsets(prototype: ConsumerGroup): void {
    const hooks = this.#hooks;
    const letGo = (group: ConsumerGroup, topic: string, partition: number, next: bigint): void => {
      for (const { processing, ...of } of this.#running.get(group) ?? []) {
        if (of.topic === topic && of.partition === Number(partition) && next > of.last) processing.acknowledged();
      }
    };
    // `resolveOffset` of a batch: what is resolved is committed, also when the handler fails.
    hooks.wrap(prototype, 'resolveOffset', (original) => {
      return function (this: ConsumerGroup, ...args: unknown[]) {
        if (hooks.active) {
          guard('kafkajs resolveOffset', () => {
            const { topic, partition, offset } = args[0] as { topic: string; partition: number; offset: string };
            letGo(this, topic, partition, BigInt(offset) + 1n);
          });
        }
        return original.apply(this, args);
      };
    });
    // `commitOffsets` by hand: the offset is the next one to be read.
    hooks.wrap(prototype, 'commitOffsets', (original) => {
      return function (this: ConsumerGroup, ...args: unknown[]) {
        if (hooks.active && args[0]) guard('kafkajs commitOffsets', () => committed(this, args[0] as Committed));
        return original.apply(this, args);
      };
    });
    type Committed = { topics?: { topic: string; partitions: { partition: number; offset: unknown }[] }[] };
    function committed(group: ConsumerGroup, { topics = [] }: Committed): void {
      for (const { topic, partitions } of topics) {
        for (const { partition, offset } of partitions) letGo(group, topic, partition, BigInt(String(offset)));
      }
    }
  }
}
