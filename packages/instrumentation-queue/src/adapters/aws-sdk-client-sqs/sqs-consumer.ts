import {
  observed,
  whenSettled,
  type AnyFunction,
  type Hooks,
  type MethodCalls,
  type Run,
  type Runner,
} from '@foreshock/kit';
import type { Processing, QueueEvents } from '../../events.ts';
import type { MessagesInHand } from './in-hand.ts';
import type { SqsMessage } from './message.ts';

/** sqs-consumer's, dist/consumer.js. */
interface Consumer {
  readonly queueUrl: string;
  readonly handleMessage?: AnyFunction;
  readonly handleMessageBatch?: AnyFunction;
}

type Method = 'poll' | 'emit' | 'executeHandler' | 'executeBatchHandler';

/** `Consumer` of sqs-consumer: polls, handlers, and listeners of its events. */
export function observeConsumers(
  prototype: Record<Method, unknown>,
  inHand: MessagesInHand,
  queue: QueueEvents,
  hooks: Hooks,
): void {
  const handled = new WeakMap<SqsMessage, Processing>();
  const elsewhere: Runner = { run: queue.foreground };

  // Calls handlers, deletes, and calls itself again.
  hooks.runBy(prototype, 'poll', queue.background);
  hooks.runBy(prototype, 'emit', (emit, consumer, args) => {
    const processing = args
      .flat()
      .map((each) => handled.get(each as SqsMessage))
      .find(Boolean);
    return (processing ?? elsewhere).run(emit, consumer, args);
  });
  hooks.runBy(prototype, 'executeHandler', runsHandler('handleMessage'));
  hooks.runBy(prototype, 'executeBatchHandler', runsHandler('handleMessageBatch'));

  function runsHandler(name: 'handleMessage' | 'handleMessageBatch'): Run {
    return (original, consumer, args) => {
      const handler = (consumer as Consumer)[name];
      if (typeof handler !== 'function') return Reflect.apply(original, consumer, args);
      const messages = [args[0]].flat() as SqsMessage[];
      let processing: Processing | undefined;
      const steps: MethodCalls<Processing | Runner> = {
        begin() {
          processing = inHand.begin((consumer as Consumer).queueUrl, messages);
          for (const message of messages) if (processing) handled.set(message, processing);
          return processing ?? elsewhere;
        },
        within: (runner) => runner,
        succeeded: () => processing?.succeeded(),
        failed: (_runner, error) => processing?.failed({ error, deadLettered: inHand.isLast(messages) }),
      };
      const observing = observed(handler, steps, `sqs-consumer ${name}`, hooks).bind(consumer);
      const result = Reflect.apply(original, Object.create(consumer as object, { [name]: { value: observing } }), args);
      // After `handleMessageTimeout` the handler goes on.
      const failed = (error: unknown): void => {
        const type = (error as Error | undefined)?.name === 'TimeoutError' ? 'timeout' : undefined;
        processing?.failed({ error, type, deadLettered: inHand.isLast(messages) });
      };
      return whenSettled(result, () => {}, failed) as typeof result;
    };
  }
}
