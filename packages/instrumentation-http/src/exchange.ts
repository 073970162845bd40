import type { Place, Sent, Served } from './events.ts';

/** On a request and its response: a `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
export const SERVED = Symbol('foreshock.served');
/** As {@link SERVED}; null: ignored. */
export const SENT = Symbol('foreshock.sent');
/** On the socket of an upgraded connection. */
export const UPGRADED = Symbol('foreshock.upgraded');

export interface Carrier {
  [SERVED]?: Served | undefined;
  [SENT]?: Sent | null;
}

export interface UpgradedSocket {
  [UPGRADED]?: Place;
}
