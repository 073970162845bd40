import { defaultTextMapSetter, propagation, ROOT_CONTEXT, type Context, type TextMapGetter } from '@opentelemetry/api';
import { guard, withCarrierTrust } from '@foreshock/kit';
import type { Carrier, Message } from './events.ts';

/** A message due later than this after it was sent starts a trace of its own: no trace is open for hours. */
const PROMPT_MS = 60_000;

/** A call that sends more than this starts as many traces: no trace has ten thousand jobs. */
const FAN_OUT = 100;

/** Travels with each message of such a call. */
const BATCH = 'foreshock-batch';

/** More text than any propagator of ours accepts: not even looked at. */
const MAX_VALUE_LENGTH = 8_192;

const INCOMING = withCarrierTrust(ROOT_CONTEXT);

type Incoming = NonNullable<Message['carrier']>;

/** What travels with messages comes from a database or a broker, where anybody may have written it. */
const getter: TextMapGetter<Incoming> = {
  keys: (carrier) => Object.keys(carrier),
  get(carrier, key) {
    let value = Object.hasOwn(carrier, key) ? carrier[key] : undefined;
    // Brokers whose headers are bytes; decoded only if asked for.
    if (value instanceof Uint8Array && value.length <= MAX_VALUE_LENGTH) value = Buffer.from(value).toString();
    return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH ? value : undefined;
  },
};

/** Where the sender of a message was, as far as can be told. */
export function extract(carrier: Incoming | undefined): Context {
  if (!carrier) return ROOT_CONTEXT;
  return guard('reading the trace of a message', () => propagation.extract(INCOMING, carrier, getter)) ?? ROOT_CONTEXT;
}

/**
 * What travels with each message of a call.
 *
 * @param count how many messages the call sends
 */
export function inject(where: Context, count: number): Carrier | undefined {
  const written: Record<string, string> = {};
  propagation.inject(where, written, defaultTextMapSetter);
  let isEmpty = true;
  for (const _ in written) isEmpty = false;
  if (isEmpty) return undefined;
  if (count > FAN_OUT) written[BATCH] = String(count);
  return written;
}

/** Whether the handling of this message, if it is the only one, is part of the sender's trace. */
export function isPrompt({ carrier, delayMs = 0, repeated = false }: Message): boolean {
  return !repeated && delayMs <= PROMPT_MS && (!carrier || !Object.hasOwn(carrier, BATCH));
}
