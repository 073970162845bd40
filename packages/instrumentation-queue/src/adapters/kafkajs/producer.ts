import { guard, HandOver, observed, whenSettled, type Hooks, type MethodCalls } from '@foreshock/kit';
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

/** Kept after disable, because a factory stays replaced. */
const observersOf = new WeakMap<MessageProducerFactory, Set<Observer>>();

/** Producers are closures: those created earlier stay untraced. */
export function observeSends(
  factory: MessageProducerFactory,
  replaceExports: ((exports: unknown) => void) | undefined,
  queue: QueueEvents,
  hooks: Hooks,
): void {
  let observers = observersOf.get(factory);
  if (!observers) {
    const all = (observers = new Set<Observer>());
    const replacement: MessageProducerFactory = (options) => observedProducer(factory, options, all);
    observersOf.set(replacement, observers);
    replaceExports?.(replacement);
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
  /** From `send`, after validation, to `retrier`. */
  const sending = new HandOver<Send>();

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
        const [observer] = observers;
        const send = observer && begin(observer.queue, method, args);
        if (!send) return undefined;
        const given = guard('kafkajs send', () => withTrace(args, send.carrier));
        if (given) args.splice(0, args.length, ...given);
        return send;
      },
      within: (send) => send,
      handOver: sending,
      untaken: (send) => send.failed(new TypeError('refused: not connected, or no valid messages')),
    };
    const replacement = observed(original, steps, 'kafkajs send', {
      get active() {
        const [observer] = observers;
        return observer?.hooks.active === true;
      },
    });
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
