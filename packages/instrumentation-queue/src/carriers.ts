import { defaultTextMapSetter, propagation, ROOT_CONTEXT, type Context, type TextMapGetter } from '@opentelemetry/api';
import { guard, spanContextOf, withCarrierTrust } from '@foreshock/kit';
import { RETRY_UPSTREAM_ATTEMPTS } from '@foreshock/kit/names';
import type { Carrier, Message } from './events.ts';
import { TRACE_LIFE } from './trace-life.ts';

/** No propagator accepts longer values. */
const MAX_VALUE_LENGTH = 8_192;

const INCOMING = withCarrierTrust(ROOT_CONTEXT);

type Incoming = NonNullable<Message['carrier']>;

/** A broker's or database's: untrusted. */
const getter: TextMapGetter<Incoming> = {
  keys: (carrier) => Object.keys(carrier),
  get(carrier, key) {
    let value = Object.hasOwn(carrier, key) ? carrier[key] : undefined;
    // Byte headers, decoded on demand.
    if (value instanceof Uint8Array && value.length <= MAX_VALUE_LENGTH) value = Buffer.from(value).toString();
    return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH ? value : undefined;
  },
};

export function extract(carrier: Incoming | undefined): Context {
  if (!carrier) return ROOT_CONTEXT;
  const found = guard('reading the trace of a message', () => propagation.extract(INCOMING, carrier, getter));
  return found ? withoutAttempts(found) : ROOT_CONTEXT;
}

/** @param life value of {@link TRACE_LIFE} */
export function inject(where: Context, life: string): Carrier | undefined {
  const written: Record<string, string> = {};
  propagation.inject(withoutAttempts(where), written, defaultTextMapSetter);
  let isEmpty = true;
  for (const _ in written) isEmpty = false;
  if (isEmpty) return undefined;
  if (spanContextOf(where)) written[TRACE_LIFE] = life;
  return written;
}

/** The sender's retry excludes consumers. */
function withoutAttempts(where: Context): Context {
  const baggage = propagation.getBaggage(where);
  if (!baggage?.getEntry(RETRY_UPSTREAM_ATTEMPTS)) return where;
  const rest = baggage.removeEntry(RETRY_UPSTREAM_ATTEMPTS);
  return rest.getAllEntries().length > 0 ? propagation.setBaggage(where, rest) : propagation.deleteBaggage(where);
}
