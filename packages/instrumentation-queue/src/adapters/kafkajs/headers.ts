import type { Carrier } from '../../events.ts';
import { forwardedNames } from '../../forwarded-headers.ts';
import { SENT } from './message.ts';
import type { OutgoingMessage, TopicMessages } from './message-producer.ts';

/** Per partition and request, a broker's `message.max.bytes`. */
const MAX_BATCH = 1_048_588;

/** A record's own, at most. */
const RECORD_OVERHEAD = 32;

/** With the trace in copied headers. Undefined if only the trace exceeds the broker's limit. */
export function withTrace(args: unknown[], given: Carrier | undefined): unknown[] | undefined {
  const [request, ...rest] = args as [TopicMessages & { topicMessages?: unknown }, ...unknown[]];
  if (!given) return undefined;
  const carrier = { ...given, [SENT]: String(Date.now()) };
  if (Array.isArray(request.topicMessages)) {
    const all = request.topicMessages as TopicMessages[];
    if (!all.every(({ messages }) => stillFits(messages, carrier))) return undefined;
    return [{ ...request, topicMessages: all.map((each) => traced(each, carrier)) }, ...rest];
  }
  return stillFits(request.messages, carrier) ? [traced(request, carrier), ...rest] : undefined;
}

function traced<T extends TopicMessages>(request: T, carrier: Carrier): T {
  const { messages } = request;
  if (!Array.isArray(messages)) return request;
  return { ...request, messages: messages.map((message) => withHeaders(message, carrier)) };
}

/** Class instances and invalid messages, shown in errors, stay. */
function withHeaders(message: OutgoingMessage, carrier: Carrier): OutgoingMessage {
  if (!isPlain(message) || message.value === undefined) return message;
  const { headers } = message;
  if (headers != null && !isPlain(headers)) return message;
  const given = { ...headers, ...carrier };
  for (const name of forwardedNames(headers, carrier)) delete given[name];
  return { ...message, headers: given };
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Larger sends are compressed or span partitions. */
function stillFits(messages: unknown, carrier: Carrier): boolean {
  if (!Array.isArray(messages)) return true;
  let added = 0;
  for (const [name, value] of Object.entries(carrier)) added += name.length + value.length + 8;
  let size = 0;
  for (const { key, value, headers } of messages as OutgoingMessage[]) {
    size += RECORD_OVERHEAD + bytesIn(key) + bytesIn(value);
    for (const name in headers) size += name.length + 8 + bytesIn(headers[name]);
    if (size > MAX_BATCH) return true;
  }
  return size + messages.length * added <= MAX_BATCH;
}

function bytesIn(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.length : 0;
}
