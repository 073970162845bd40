import { propagation, type Context, type TextMapSetter } from '@opentelemetry/api';
import { whereSent } from './attempt-baggage.ts';

/** In lower case; unseen by the application. */
export interface OutgoingHeaders {
  /** Text or list, if set. */
  get(name: string): unknown;
  set(name: string, value: string): void;
  remove(name: string): void;
}

const IDS = ['traceparent', 'b3', 'x-b3-traceid'] as const;
const B3 = ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'];
const ALL = ['traceparent', 'tracestate', 'baggage', 'x-trace-id', ...B3];

const MAX_VALUES = 4_096;
/** Longer values are only compared with the served request. */
const MAX_VALUE_LENGTH = 512;

/** Passed on later, as from a queue. */
export class UntrustedHeaders {
  readonly #values = new Set<string>();

  note(headers: Readonly<Record<string, string | string[] | undefined>>): void {
    for (const name of ALL) {
      const value = headers[name];
      // One character is too common.
      if (typeof value !== 'string' || value.length < 2 || value.length > MAX_VALUE_LENGTH) continue;
      if (this.#values.size >= MAX_VALUES) this.#values.delete(this.#values.values().next().value!);
      this.#values.add(value);
    }
  }

  has(value: unknown): boolean {
    return this.#values.has(String(value));
  }
}

export interface Hop {
  /** By `FORESHOCK_PROPAGATE_TO`. */
  readonly allowed: boolean;
  /** By `FORESHOCK_TRUST_INCOMING`. */
  readonly trustIncoming: boolean;
  /** As served. */
  received(): readonly string[] | undefined;
  readonly untrusted: UntrustedHeaders | undefined;
}

/**
 * Replaces headers a proxy copied; the application's own trace stays.
 *
 * @param where has the call's span
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

/** @returns whether to send ours */
function removeCopies(headers: OutgoingHeaders, { received, trustIncoming, untrusted }: Hop): boolean {
  const fields = propagation.fields();
  const lines = received() ?? [];
  const isCopied = (name: string): boolean => {
    const value = headers.get(name);
    return value !== undefined && (isReceived(lines, name, value) || untrusted?.has(value) === true);
  };
  // Without a propagator, only `traceparent` is known to contradict.
  const deciding = IDS.find((name) => headers.get(name) !== undefined && (name === IDS[0] || fields.includes(name)));
  const isOwn = deciding !== undefined && !isCopied(deciding);
  const replacesB3 = fields.some((name) => B3.includes(name)) || (deciding === IDS[0] && fields.includes(IDS[0]));
  const isReplaced = (name: string): boolean => (B3.includes(name) ? replacesB3 : fields.includes(name));
  for (const name of ALL) {
    // Without trust, received headers end here.
    if (trustIncoming && (isOwn || !isReplaced(name))) continue;
    if (isCopied(name)) headers.remove(name);
  }
  return !isOwn;
}

/** Repeated headers may be sent as list, or partly. */
function isReceived(lines: readonly string[], name: string, value: unknown): boolean {
  const received: string[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    if (lines[i]!.length === name.length && lines[i]!.toLowerCase() === name) received.push(listOf(lines[i + 1]!));
  }
  if (received.length === 0) return false;
  const sent = (Array.isArray(value) ? value : [value]).map((each) => listOf(String(each)));
  return sent.join() === received.join() || sent.every((each) => received.includes(each));
}

/** Joined lists differ in white space. */
function listOf(text: string): string {
  return text
    .split(',')
    .map((member) => member.trim())
    .join();
}

/** `checkInvalidHeaderChar` (lib/_http_common.js) rejects it. */
const NO_HEADER_TEXT = /[^\t\x20-\x7e\x80-\xff]/;

/** Custom propagators set anything. */
function isHeaderText(value: string): boolean {
  return !NO_HEADER_TEXT.test(value);
}
