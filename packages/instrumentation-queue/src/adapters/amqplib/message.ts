import { waitedSince } from '../../clock-wait.ts';
import type { Message as Received } from '../../events.ts';
import type { Redelivery } from './redeliveries.ts';
import type { Message } from './channel.ts';

/** Milliseconds since 1970; AMQP's are seconds. */
export const SENT = 'foreshock-sent';

/** From `assertQueue`, the only source. */
export interface QueueTraits {
  deadLetters: boolean;
  /** `x-delivery-limit` of a quorum queue. */
  deliveryLimit: number | undefined;
}

/** For redeliveries: each send's `traceparent` differs. */
export function identityOf(queue: string, { properties }: Message): string | undefined {
  const { headers, messageId } = properties;
  const sender = headers?.['traceparent'];
  if (typeof sender !== 'string' && typeof messageId !== 'string') return undefined;
  return `${queue}\n${String(sender).slice(0, 64)}\n${String(messageId).slice(0, 64)}`;
}

/** @param before earlier deliveries in this process */
export function messageOf(
  queue: string,
  { fields, properties }: Message,
  before: Redelivery | undefined,
  traits: QueueTraits | undefined,
): Received {
  const headers = properties.headers ?? {};
  const deaths = deathsIn(headers['x-death'], queue);
  const delivered = count(headers['x-delivery-count']);
  const failures = Math.max(deaths?.count ?? 0, delivered, before?.failures ?? 0, fields.redelivered ? 1 : 0);
  const { messageId } = properties;
  // The delayed message exchange negates the delay after use.
  const delayMs = Math.abs(Number(headers['x-delay'])) || undefined;
  let waitMs: number | undefined;
  const sentAt = timeIn(headers[SENT]);
  // More failed elsewhere since.
  if (before) waitMs = delivered > before.failures ? undefined : Math.max(0, performance.now() - before.since);
  else if (failures === 0 && !deaths && sentAt !== undefined) waitMs = waitedSince(sentAt + (delayMs ?? 0));
  return {
    id: typeof messageId === 'string' ? messageId.slice(0, 256) : undefined,
    carrier: headers,
    sentAt,
    waitMs,
    delayMs,
    attempt: failures + 1,
    maxAttempts: traits?.deliveryLimit === undefined ? undefined : traits.deliveryLimit + 1,
  };
}

function timeIn(sent: unknown): number | undefined {
  return typeof sent === 'string' && /^[1-9]\d{0,14}$/.test(sent) ? Number(sent) : undefined;
}

/** `x-death`: dead-letterings per queue; undefined without it. */
function deathsIn(header: unknown, queue: string): { count: number } | undefined {
  if (!Array.isArray(header)) return undefined;
  let total = 0;
  for (const death of header.slice(0, 32)) if (death?.queue === queue) total += count(death.count);
  return { count: total };
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 && value < 1e9 ? Math.floor(value) : 0;
}
