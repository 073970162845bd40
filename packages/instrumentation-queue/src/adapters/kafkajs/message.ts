import { waitedSince } from '../../clock-wait.ts';
import type { Message as Received } from '../../events.ts';
import type { Earlier } from './attempts.ts';

/** Sent, in ms since 1970; a record's `timestamp` may be any time. */
export const SENT = 'foreshock-sent';

export interface Message {
  offset: string;
  timestamp?: string;
  headers?: Record<string, unknown>;
}

export function messageOf(
  { offset, timestamp, headers }: Message,
  partition: number,
  earlier: Earlier | undefined,
): Received {
  const sentAt = timeIn(headers?.[SENT]) ?? timeIn(timestamp);
  let waitMs: number | undefined;
  if (!earlier) waitMs = sentAt === undefined ? undefined : waitedSince(sentAt);
  else if (earlier.since !== undefined) waitMs = performance.now() - earlier.since;
  return { partition, offset, carrier: headers, sentAt, waitMs, attempt: (earlier?.failures ?? 0) + 1 };
}

function timeIn(value: unknown): number | undefined {
  const text = value instanceof Uint8Array && value.length <= 15 ? Buffer.from(value).toString() : value;
  return typeof text === 'string' && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
