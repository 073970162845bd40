import type { Carrier } from '../../events.ts';
import { forwardedNames } from '../../forwarded-headers.ts';
import { SENT } from './message.ts';
import type { OutgoingMessage, TopicMessages } from './message-producer.ts';

/** What a broker takes at most of one partition in one request, by default (`message.max.bytes`). */
const MAX_BATCH = 1_048_588;

/** What a record has beside its key, value and headers, and a header beside its name and value, at most. */
const RECORD_OVERHEAD = 32;

/**
 * The arguments of `send` or `sendBatch` with the trace in the headers of each message; the caller's objects stay as
 * they are. Undefined when they are to be left alone: messages that just fit into what a broker takes would be lost
 * for the sake of their trace.
 */
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

/**
 * A copy; an object that is more than its own properties, and one that is no message and will be shown in an error,
 * is passed on.
 */
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

/** Not when they fit without the trace, and with it no more. Beyond that they are compressed, or in many partitions. */
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
