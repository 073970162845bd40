import { createContextKey, type Context } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.carrier-trust');

/**
 * A context to extract into from a carrier of our own: a job table, a broker. An edge that refuses the
 * headers of strangers (`FORESHOCK_TRUST_INCOMING=false`) follows its own messages all the same.
 */
export function withCarrierTrust(where: Context): Context {
  return where.setValue(KEY, true);
}

/** Whether the carrier about to be read is our own; the propagator asks. */
export function isCarrierTrusted(where: Context): boolean {
  return where.getValue(KEY) === true;
}
