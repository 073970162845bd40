/** amqplib's lib/channel.js, lib/channel_model.js, lib/callback_model.js. */
export interface Channel {
  connection?: { frameMax?: number };
  /** Each frame replaces it: amqplib's state machine. */
  handleMessage(frame: Frame): unknown;
  sendImmediately: unknown;
  sendOrEnqueue: unknown;
  toClosed: unknown;
}

export interface Model {
  Channel: { prototype: { publish: unknown; consume: unknown; get: unknown; assertQueue: unknown } };
  ConfirmChannel: new () => { publish: unknown };
}

/** A method or header frame. */
export interface Frame {
  id?: number;
  fields?: Record<string, any>;
}

export interface Message {
  fields: { deliveryTag: number; redelivered?: boolean; exchange?: string; routingKey?: string };
  properties: { headers?: Record<string, unknown>; messageId?: unknown };
}

/** lib/defs.js: `class << 16 | method`. */
export const BASIC_GET = 3_932_230;
export const BASIC_GET_OK = 3_932_231;
export const BASIC_ACK = 3_932_240;
export const BASIC_REJECT = 3_932_250;
export const BASIC_NACK = 3_932_280;
export const BASIC_RECOVER = 3_932_270;
/** Header frames have only the class. */
export const BASIC_PROPERTIES = 60;

/** Generated names share one. */
export function destinationOf(exchange: unknown, routingKeyOrQueue: unknown): string {
  const name = String(exchange || routingKeyOrQueue || '');
  return name === '' || name.startsWith('amq.gen-') || name.startsWith('amq.rabbitmq.reply-to') ? '(temporary)' : name;
}

/** null: the broker cancelled it. */
export type Handler = (this: unknown, message: Message | null, ...rest: unknown[]) => unknown;
