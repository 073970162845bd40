import { waitedSince } from '../../clock-wait.ts';
import type { Delivery } from '../../events.ts';
import { textsIn, type MsgHdrs } from './headers.ts';
import { patternOf } from './subject.ts';

export interface Msg {
  readonly headers?: MsgHdrs;
}

/** lib/jetstream/jsmsg.js. */
export interface JsMsg extends Msg {
  readonly info: DeliveryInfo;
}

interface DeliveryInfo {
  readonly stream: string;
  readonly consumer: string;
  /** From 1 on; in 3 `redeliveryCount` too. */
  readonly deliveryCount?: number;
  readonly redeliveryCount?: number;
  readonly streamSequence: number;
  readonly timestampNanos: number;
}

/** lib/jetstream/jsapi_types.js. */
export interface ConsumerConfig {
  readonly ack_policy?: string;
  readonly max_deliver?: number;
  /** Nanoseconds; default 30 s. */
  readonly ack_wait?: number;
}

/** By its subscription's subject: a message's may be one of many. */
export function deliveryOf(subject: string, group: string | undefined, { headers }: Msg): Delivery {
  return { system: 'nats', destination: patternOf(subject), group, messages: [{ carrier: textsIn(headers) }] };
}

/** Of a first delivery the server knows since when it was stored. */
export function storedDeliveryOf({ headers, info }: JsMsg, { max_deliver: most }: ConsumerConfig): Delivery {
  const { stream, consumer, streamSequence, timestampNanos } = info;
  const attempt = info.deliveryCount ?? info.redeliveryCount;
  const sentAt = timestampNanos / 1e6;
  const message = {
    id: String(streamSequence),
    carrier: textsIn(headers),
    sentAt,
    waitMs: attempt === 1 ? waitedSince(sentAt) : undefined,
    attempt,
    maxAttempts: most !== undefined && most > 0 ? most : undefined,
  };
  return { system: 'nats', destination: stream, group: consumer, messages: [message] };
}

/** How long its consumer may take to answer; undefined: it need not, or by a later message's answer. */
export function answerWithinMs({ ack_policy: policy, ack_wait: wait = 30e9 }: ConsumerConfig): number | undefined {
  return policy === 'none' || policy === 'all' ? undefined : Math.min(wait / 1e6, MAX_TIMER_MS);
}

const MAX_TIMER_MS = 2 ** 31 - 1;
