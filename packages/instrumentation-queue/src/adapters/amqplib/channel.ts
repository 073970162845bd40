/** amqplib's channels (lib/channel.js, lib/channel_model.js, lib/callback_model.js), as far as they are watched. */
export interface Channel {
  connection?: { frameMax?: number };
  /** The state machine that message frames go through: each call gives the next state. */
  handleMessage(frame: Frame): unknown;
  sendImmediately: unknown;
  sendOrEnqueue: unknown;
  toClosed: unknown;
}

/** The channels of one API, promises or callbacks. */
export interface Model {
  Channel: { prototype: { publish: unknown; consume: unknown; get: unknown; assertQueue: unknown } };
  ConfirmChannel: { prototype: { publish: unknown } };
}

/** A method or a header as it comes from the broker. */
export interface Frame {
  id?: number;
  fields?: Record<string, any>;
}

/** A message as handlers get it. */
export interface Message {
  fields: { deliveryTag: number; redelivered?: boolean; exchange?: string; routingKey?: string };
  properties: { headers?: Record<string, unknown>; messageId?: unknown };
}

/** Class and method in one number, as lib/defs.js has them: `class << 16 | method`. */
export const BASIC_GET = 3_932_230;
export const BASIC_GET_OK = 3_932_231;
export const BASIC_ACK = 3_932_240;
export const BASIC_REJECT = 3_932_250;
export const BASIC_NACK = 3_932_280;
export const BASIC_RECOVER = 3_932_270;
/** A message's header: the class alone. */
export const BASIC_PROPERTIES = 60;

/** Queues that the broker or a client names for itself, one for each of them, are one destination. */
export function destinationOf(exchange: unknown, routingKeyOrQueue: unknown): string {
  const name = String(exchange || routingKeyOrQueue || '');
  return name === '' || name.startsWith('amq.gen-') || name.startsWith('amq.rabbitmq.reply-to') ? '(temporary)' : name;
}
