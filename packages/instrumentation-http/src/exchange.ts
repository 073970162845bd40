import type { Sent, Served } from './events.ts';

/** A symbol property costs less than a `WeakMap`, which also costs the garbage collector time. */
export const SERVED = Symbol('foreshock.served');
/** Null: ignored. */
export const SENT = Symbol('foreshock.sent');

export interface Carrier {
  [SERVED]?: Served | undefined;
  [SENT]?: Sent | null;
}
