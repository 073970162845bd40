/** src/producer/messageProducer.js: gives producers and transactions `send`. */
export type MessageProducerFactory = (options: MessageProducerOptions) => MessageProducer;

export interface MessageProducerOptions {
  /** Once per send, same turn, after validation. */
  retrier: (attempt: unknown) => Promise<unknown>;
}

export interface MessageProducer {
  send: (...args: unknown[]) => unknown;
  sendBatch: (...args: unknown[]) => unknown;
}

export interface OutgoingMessage {
  key?: unknown;
  value?: unknown;
  headers?: Record<string, unknown>;
}

export interface TopicMessages {
  topic?: unknown;
  messages?: unknown;
}
