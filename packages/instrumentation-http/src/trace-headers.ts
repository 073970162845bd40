import { propagation, type Context, type TextMapSetter } from '@opentelemetry/api';
import { whereSent } from '@foreshock/kit';
import type { OutgoingHeaders, ReceivedRequest } from './events.ts';

/** The headers that say which trace a request belongs to, and how to sample it. */
const IDS = ['traceparent', 'b3', 'x-b3-traceid'] as const;
const B3 = ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'];
const ALL = ['traceparent', 'tracestate', 'baggage', 'x-trace-id', ...B3];

/** More values are not kept. */
const MAX_VALUES = 4_096;
/** A longer one is in the request that is being served, or has been forgotten. */
const MAX_VALUE_LENGTH = 512;

/**
 * The trace headers of the last requests of an edge, which trusts none of them: a gateway may send them on later, from
 * a queue, where the request that they came with is not known.
 */
export class UntrustedHeaders {
  readonly #values = new Set<string>();

  note(headers: ReceivedRequest['headers']): void {
    for (const name of ALL) {
      const value = headers[name];
      // A flag of one character is anybody's.
      if (typeof value !== 'string' || value.length < 2 || value.length > MAX_VALUE_LENGTH) continue;
      if (this.#values.size >= MAX_VALUES) this.#values.delete(this.#values.values().next().value!);
      this.#values.add(value);
    }
  }

  has(value: unknown): boolean {
    return this.#values.has(String(value));
  }
}

/** What {@link sendTrace} has to know of the place a request is sent from. */
export interface Hop {
  /** Our headers may go to the host (`FORESHOCK_PROPAGATE_TO`). */
  readonly allowed: boolean;
  /** The ids of callers are accepted (`FORESHOCK_TRUST_INCOMING`). */
  readonly trustIncoming: boolean;
  /** Names and values in turn of the request that is being served here. */
  received(): readonly string[] | undefined;
  /** What strangers have sent, where they are not trusted. */
  readonly untrusted: UntrustedHeaders | undefined;
}

/**
 * Writes the headers of a trace. What a proxy has copied from the request it serves is replaced: with it the next
 * service's parent would be the caller, and not this one's call. A trace that the application names itself stays,
 * and nothing of ours is sent beside it.
 *
 * @param where with the span of the call
 */
export function sendTrace(where: Context, headers: OutgoingHeaders, hop: Hop): void {
  for (let i = 0; i < ALL.length; i++) {
    if (headers.get(ALL[i]!) === undefined) continue;
    if (!removeCopies(headers, hop)) return;
    break;
  }
  if (hop.allowed) propagation.inject(whereSent(where), headers, SETTER);
}

const SETTER: TextMapSetter<OutgoingHeaders> = {
  set(headers, name, value) {
    if (headers.get(name.toLowerCase()) === undefined && isHeaderText(value)) headers.set(name, value);
  },
};

/** @returns whether the trace of the request is ours to say */
function removeCopies(headers: OutgoingHeaders, { received, trustIncoming, untrusted }: Hop): boolean {
  const fields = propagation.fields();
  const lines = received() ?? [];
  const isCopied = (name: string): boolean => {
    const value = headers.get(name);
    return value !== undefined && (isReceived(lines, name, value) || untrusted?.has(value) === true);
  };
  // Of formats that nobody speaks here, only `traceparent` is known well enough to say that it contradicts ours.
  const deciding = IDS.find((name) => headers.get(name) !== undefined && (name === IDS[0] || fields.includes(name)));
  const isOwn = deciding !== undefined && !isCopied(deciding);
  const replacesB3 = fields.some((name) => B3.includes(name)) || (deciding === IDS[0] && fields.includes(IDS[0]));
  const isReplaced = (name: string): boolean => (B3.includes(name) ? replacesB3 : fields.includes(name));
  for (const name of ALL) {
    // Without trust nothing of a stranger's goes on, beside whatever.
    if (trustIncoming && (isOwn || !isReplaced(name))) continue;
    if (isCopied(name)) headers.remove(name);
  }
  return !isOwn;
}

/** Whether a value to be sent is one that came in: of repeated headers all, as one list or each, or some of them. */
function isReceived(lines: readonly string[], name: string, value: unknown): boolean {
  const received: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    if (lines[i]!.length === name.length && lines[i]!.toLowerCase() === name) received.push(listOf(lines[i + 1]!));
  }
  if (received.length === 0) return false;
  const sent = (Array.isArray(value) ? value : [value]).map((each) => listOf(String(each)));
  return sent.join() === received.join() || sent.every((each) => received.includes(each));
}

/** A list without the white space around its members, which whoever joins headers chooses. */
function listOf(text: string): string {
  return text
    .split(',')
    .map((member) => member.trim())
    .join();
}

/** What `checkInvalidHeaderChar` of lib/_http_common.js does not let pass. */
const NO_HEADER_TEXT = /[^\t\x20-\x7e\x80-\xff]/;

/** A propagator is anybody's. */
function isHeaderText(value: string): boolean {
  return !NO_HEADER_TEXT.test(value);
}
