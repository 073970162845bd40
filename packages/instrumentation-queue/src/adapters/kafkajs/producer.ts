import {
  guard,
  HandOver,
  observed,
  replacementOf,
  whenSettled,
  type Attachment,
  type Hooks,
  type MethodCalls,
} from '@foreshock/kit';
import type { QueueEvents, Send } from '../../events.ts';
import { withTrace } from './headers.ts';
import type {
  MessageProducer,
  MessageProducerFactory,
  MessageProducerOptions,
  TopicMessages,
} from './message-producer.ts';

/** Closures: earlier ones stay untraced. */
export function observedFactory(
  factory: MessageProducerFactory,
  queue: QueueEvents,
  hooks: Hooks,
): MessageProducerFactory {
  /** `send` calls `retrier` synchronously, after validation. */
  const sending = new HandOver<Send>();
  return replacementOf(factory, queue, hooks, (original, attachment) => {
    return (options) => observedProducer(original, options, attachment, sending);
  });
}

function observedProducer(
  factory: MessageProducerFactory,
  options: MessageProducerOptions,
  attachment: Attachment<QueueEvents>,
  sending: HandOver<Send>,
): MessageProducer {
  const retrier: MessageProducerOptions['retrier'] = (attempt) => {
    const send = sending.take();
    const result = options.retrier(attempt);
    if (!send) return result;
    // `sendMessages` awaits it.
    return whenSettled(
      result,
      () => send.sent(),
      (error) => send.failed(error),
    ) as Promise<unknown>;
  };

  const producer = factory({ ...options, retrier });
  for (const method of ['send', 'sendBatch'] as const) {
    const original = producer[method];
    const steps: MethodCalls<Send> = {
      begin(_self, args) {
        const send = begin(attachment.events, method, args);
        if (!send) return undefined;
        const given = guard('kafkajs send', () => withTrace(args, send.carrier));
        if (given) args.splice(0, args.length, ...given);
        return send;
      },
      within: (send) => send,
      handOver: sending,
      refused: (send) => send.failed(new TypeError('refused: not connected, or no valid messages')),
    };
    const replacement = observed(original, steps, 'kafkajs send', attachment);
    for (const key of ['name', 'length']) {
      Object.defineProperty(replacement, key, Object.getOwnPropertyDescriptor(original, key)!);
    }
    producer[method] = replacement;
  }
  return producer;
}

function begin(queue: QueueEvents, operation: 'send' | 'sendBatch', [request]: unknown[]): Send | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  const { topicMessages = [] } = request as { topicMessages?: unknown };
  const all = (operation === 'send' ? [request] : topicMessages) as TopicMessages[];
  const topics = new Set(all.map(({ topic }) => topic));
  const count = all.reduce((sum, { messages }) => sum + (Array.isArray(messages) ? messages.length : 0), 0);
  const destination = topics.size === 1 ? String([...topics][0]) : undefined;
  return queue.send({ system: 'kafka', destination, operation, count });
}
