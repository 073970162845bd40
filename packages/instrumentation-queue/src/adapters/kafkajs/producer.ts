import { guard, type Hooks } from '@foreshock/kit';
import type { QueueEvents, Send } from '../../events.ts';
import { withTrace } from './headers.ts';
import type {
  MessageProducer,
  MessageProducerFactory,
  MessageProducerOptions,
  TopicMessages,
} from './message-producer.ts';

interface Observer {
  readonly queue: QueueEvents;
  readonly hooks: Hooks;
}

/** Factories in place, and who listens to what they made: it outlives being disabled, for it cannot be taken out. */
const observersOf = new WeakMap<MessageProducerFactory, Set<Observer>>();

/**
 * A producer is a set of closures: the one place to stand in between is where they are made. So producers that were
 * made before this file was hooked stay untraced.
 */
export function observeSends(
  factory: MessageProducerFactory,
  replaceExports: ((exports: unknown) => void) | undefined,
  queue: QueueEvents,
  hooks: Hooks,
): void {
  let observers = observersOf.get(factory);
  if (!observers) {
    const all = (observers = new Set<Observer>());
    const observed: MessageProducerFactory = (options) => observedProducer(factory, options, all);
    observersOf.set(observed, observers);
    replaceExports?.(observed);
  }
  const observer = { queue, hooks };
  observers.add(observer);
  hooks.onUndo(() => observers.delete(observer));
}

function observedProducer(
  factory: MessageProducerFactory,
  options: MessageProducerOptions,
  observers: ReadonlySet<Observer>,
): MessageProducer {
  /** A call on its way to the retrier, synchronously. */
  let sending: Send | undefined;

  const retrier: MessageProducerOptions['retrier'] = (attempt) => {
    const send = sending;
    sending = undefined;
    const result = options.retrier(attempt);
    // Awaited by `sendMessages`: looking at it hides no rejection.
    if (send) {
      result.then(
        () => guard('kafkajs send', () => send.sent()),
        (error) => guard('kafkajs send', () => send.failed(error)),
      );
    }
    return result;
  };

  const producer = factory({ ...options, retrier });
  for (const method of ['send', 'sendBatch'] as const) {
    const original = producer[method];
    const observed = function (this: unknown, ...args: unknown[]): unknown {
      const [observer] = observers;
      const send = observer?.hooks.active
        ? guard('kafkajs send', () => begin(observer.queue, method, args))
        : undefined;
      if (!send) return original.apply(this, args);
      const given = guard('kafkajs send', () => withTrace(args, send.carrier)) ?? args;
      sending = send;
      try {
        return send.run(original, this, given);
      } finally {
        if (sending) {
          sending = undefined;
          guard('kafkajs send', () => send.failed(new TypeError('refused: not connected, or no valid messages')));
        }
      }
    };
    for (const key of ['name', 'length']) {
      Object.defineProperty(observed, key, Object.getOwnPropertyDescriptor(original, key)!);
    }
    producer[method] = observed;
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
