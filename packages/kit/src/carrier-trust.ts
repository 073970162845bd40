import { createContextKey, type Context } from '@opentelemetry/api';

const KEY = createContextKey('foreshock.carrier-trust');

/** For extracting from our own carriers (job table, broker), trusted even with `FORESHOCK_TRUST_INCOMING=false`. */
export function withCarrierTrust(where: Context): Context {
  return where.setValue(KEY, true);
}

export function isCarrierTrusted(where: Context): boolean {
  return where.getValue(KEY) === true;
}
