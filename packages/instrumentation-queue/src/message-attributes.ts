import type { Attributes, Link } from '@opentelemetry/api';
import { spanContextOf } from '@foreshock/kit';
import {
  MESSAGING_BATCH_MESSAGE_COUNT,
  MESSAGING_MESSAGE_ID,
  MESSAGING_OFFSET,
  MESSAGING_PARTITION_ID,
  QUEUE_ATTEMPT,
  QUEUE_MAX_ATTEMPTS,
  QUEUE_WAIT_MS,
} from '@foreshock/kit/names';
import { extract } from './carriers.ts';
import type { Message } from './events.ts';

/** Default of SDKs. */
const MAX_LINKS = 128;

/** On the span, or a batch's link. */
function attributesOf({ id, partition, offset, waitMs, attempt, maxAttempts }: Message): Attributes {
  const attributes: Attributes = {};
  if (id !== undefined) attributes[MESSAGING_MESSAGE_ID] = id;
  if (partition !== undefined) attributes[MESSAGING_PARTITION_ID] = String(partition);
  if (offset !== undefined) attributes[MESSAGING_OFFSET] = Number(offset);
  if (waitMs !== undefined) attributes[QUEUE_WAIT_MS] = Math.round(waitMs * 1000) / 1000;
  if (attempt !== undefined) attributes[QUEUE_ATTEMPT] = attempt;
  if (maxAttempts !== undefined) attributes[QUEUE_MAX_ATTEMPTS] = maxAttempts;
  return attributes;
}

/** Batch size, longest wait, highest attempt, its limit. */
export function attributesOfAll(messages: readonly Message[]): Attributes {
  if (messages.length === 1) return attributesOf(messages[0]!);
  const longest = messages.reduce((most, { waitMs }) => Math.max(most, waitMs ?? -1), -1);
  const last = messages.reduce((most, message) => ((message.attempt ?? 0) > (most.attempt ?? 0) ? message : most));
  return {
    [MESSAGING_BATCH_MESSAGE_COUNT]: messages.length,
    ...attributesOf({
      partition: messages[0]?.partition,
      offset: messages[0]?.offset,
      attempt: last.attempt,
      maxAttempts: last.maxAttempts,
      waitMs: longest < 0 ? undefined : longest,
    }),
  };
}

export function linksTo(messages: readonly Message[]): Link[] {
  const links: Link[] = [];
  for (const message of messages) {
    if (links.length >= MAX_LINKS) break;
    const sender = spanContextOf(extract(message.carrier));
    if (sender) links.push({ context: sender, attributes: messages.length === 1 ? {} : attributesOf(message) });
  }
  return links;
}
