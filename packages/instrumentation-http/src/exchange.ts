import type { Sent, Served } from './events.ts';

/**
 * Where a request or response carries what is known of it: a property under a symbol costs a load, where a
 * `WeakMap` costs a lookup and time of the garbage collector on every message.
 */
export const SERVED = Symbol('foreshock.served');
/** Null: looked at, and left alone. */
export const SENT = Symbol('foreshock.sent');

/** Any message, of a server or of a client. */
export interface Carrier {
  [SERVED]?: Served | undefined;
  [SENT]?: Sent | null;
}
