import { waitedSince } from '../../clock-wait.ts';
import type { Message } from '../../events.ts';
import { TRACE_LIFE } from '../../trace-life.ts';
import { DELAY, type MessageAttributes } from './attributes.ts';

/** `ReceiveMessage` gives it. */
export interface SqsMessage {
  readonly MessageId?: string;
  readonly ReceiptHandle?: string;
  readonly Body?: string;
  Attributes?: Record<string, string> | undefined;
  MessageAttributes?: MessageAttributes | undefined;
  MD5OfMessageAttributes?: string;
}

/** As far as this process was told. */
export interface QueueTraits {
  readonly maxReceives?: number | undefined;
  readonly delayMs?: number | undefined;
}

/** Larger ones are not parsed. */
const MAX_NOTIFICATION = 262_144;

/** @param waitMs of a redelivery */
export function messageOf(message: SqsMessage, traits: QueueTraits | undefined, waitMs: number | undefined): Message {
  const { SentTimestamp, ApproximateReceiveCount } = message.Attributes ?? {};
  const own = textsIn(message.MessageAttributes, 'StringValue');
  const notified = own['traceparent'] === undefined ? notificationIn(message.Body) : undefined;
  const carrier = notified ?? own;
  const sentAt = numberIn(SentTimestamp);
  const attempt = numberIn(ApproximateReceiveCount);
  const delayMs = numberIn(own[DELAY]) ?? traits?.delayMs;
  // Others' delays are not known.
  const isDueKnown = notified !== undefined || own[TRACE_LIFE] !== undefined;
  const isFirst = attempt === 1 && sentAt !== undefined && isDueKnown;
  return {
    id: message.MessageId,
    carrier,
    sentAt,
    waitMs: isFirst ? waitedSince(sentAt + (delayMs ?? 0)) : waitMs,
    delayMs,
    attempt,
    maxAttempts: traits?.maxReceives,
  };
}

/** Of SNS without raw delivery; it delays none. */
function notificationIn(body: unknown): Record<string, string> | undefined {
  if (typeof body !== 'string' || body.length > MAX_NOTIFICATION || !body.startsWith('{')) return undefined;
  if (!body.includes('"TopicArn"') || !body.includes('"MessageAttributes"')) return undefined;
  try {
    const { Type, MessageAttributes } = JSON.parse(body) as { Type?: unknown; MessageAttributes?: unknown };
    return Type === 'Notification' ? textsIn(MessageAttributes, 'Value') : undefined;
  } catch {
    return undefined;
  }
}

function textsIn(attributes: unknown, key: 'StringValue' | 'Value'): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, attribute] of Object.entries((attributes ?? {}) as Record<string, any>).slice(0, 32)) {
    const text: unknown = attribute?.[key];
    if (typeof text === 'string') texts[name] = text;
  }
  return texts;
}

function numberIn(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
