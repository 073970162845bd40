/** What src/producer/messageProducer.js exports: each producer, and each transaction, gets its `send` from there. */
export type MessageProducerFactory = (options: MessageProducerOptions) => MessageProducer;

export interface MessageProducerOptions {
  /** Tries until it works or is given up; sending calls it once, in the same turn, when the arguments are in order. */
  retrier: (attempt: unknown) => Promise<unknown>;
}

export interface MessageProducer {
  send: (...args: unknown[]) => unknown;
  sendBatch: (...args: unknown[]) => unknown;
}

/** A message, as far as it is looked at. */
export interface OutgoingMessage {
  key?: unknown;
  value?: unknown;
  headers?: Record<string, unknown>;
}

export interface TopicMessages {
  topic?: unknown;
  messages?: unknown;
}
