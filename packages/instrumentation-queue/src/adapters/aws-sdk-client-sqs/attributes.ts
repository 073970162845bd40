import { log } from '@foreshock/kit';
import type { Carrier } from '../../events.ts';
import { forwardedNames } from '../../forwarded-headers.ts';
import { TRACE_LIFE } from '../../trace-life.ts';

/** Of a message of SQS or SNS. */
export interface MessageAttribute {
  DataType?: string | undefined;
  StringValue?: string | undefined;
  BinaryValue?: Uint8Array | undefined;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

export interface Outgoing {
  readonly body: unknown;
  readonly attributes: MessageAttributes | undefined;
  readonly carrier: Carrier;
}

/** In each message sent late; SQS does not keep it. */
export const DELAY = 'foreshock-delay';

const MAX_ATTRIBUTES = 10;

/** Of all messages of a request, in bytes; a queue's own may be less. */
const MAX_BYTES = [262_144, 1_048_576];

/** Left out where there is no room, in this order: without a life no wait is told, which needs the delay. */
const OPTIONAL = ['baggage', 'tracestate', 'x-trace-id', TRACE_LIFE, DELAY];

let isSaid = false;

/**
 * Copies of each message's attributes, with the trace in them. Undefined: one has no room, or all would be too large only
 * with it.
 */
export function withTraces(messages: readonly Outgoing[], destination: string): MessageAttributes[] | undefined {
  let bytes = 0;
  let added = 0;
  const all: MessageAttributes[] = [];
  for (const { body, attributes, carrier } of messages) {
    const traced = withTrace(attributes, carrier);
    if (!traced) {
      if (!isSaid)
        log('warn', `foreshock: a message to ${destination} has no room for its trace in ${MAX_ATTRIBUTES} attributes`);
      isSaid = true;
      return undefined;
    }
    const own = Buffer.byteLength(String(body)) + bytesOf(attributes);
    bytes += own;
    added += Buffer.byteLength(String(body)) + bytesOf(traced) - own;
    all.push(traced);
  }
  return MAX_BYTES.some((limit) => bytes <= limit && bytes + added > limit) ? undefined : all;
}

function withTrace(given: MessageAttributes | undefined, carrier: Carrier): MessageAttributes | undefined {
  const rest: Record<string, MessageAttribute> = { ...given };
  for (const name of forwardedNames(given, carrier)) delete rest[name];
  for (const name in carrier) delete rest[name];
  // Of a message that is sent on.
  delete rest[DELAY];
  const names = Object.keys(carrier);
  const room = MAX_ATTRIBUTES - Object.keys(rest).length;
  for (const name of OPTIONAL) {
    if (names.length <= room) break;
    if (names.includes(name)) names.splice(names.indexOf(name), 1);
  }
  if (names.length > room) return undefined;
  for (const name of names) rest[name] = { DataType: 'String', StringValue: carrier[name] };
  return rest;
}

function bytesOf(attributes: MessageAttributes = {}): number {
  let bytes = 0;
  for (const [name, { DataType = '', StringValue = '', BinaryValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.byteLength ?? 0);
  }
  return bytes;
}
