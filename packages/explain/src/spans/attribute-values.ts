import type { KnownAttributes } from './known-attributes.ts';

type Kind = 'text' | 'number' | 'flag';

/** Every attribute of a span but its links, in this order. */
const KINDS: Required<{ [K in Exclude<keyof KnownAttributes, 'links'>]: Kind }> = {
  pool: 'text',
  isWait: 'flag',
  waitReason: 'text',
  poolUsed: 'number',
  poolLimit: 'number',
  poolPending: 'number',
  holderTrace: 'text',
  holderHeldMs: 'number',
  holderOperation: 'text',
  waiters: 'number',
  longestWaitMs: 'number',
  queueMs: 'number',
  proxyMs: 'number',
  dnsMs: 'number',
  connectMs: 'number',
  tlsMs: 'number',
  loginMs: 'number',
  timeoutPhase: 'text',
  attempt: 'number',
  delayMs: 'number',
  breaker: 'text',
  breakerState: 'text',
  breakerOutcome: 'text',
  degraded: 'text',
  queueWaitMs: 'number',
  destination: 'text',
  messageId: 'number',
  partition: 'text',
  offset: 'number',
  isBatch: 'flag',
  group: 'text',
  settled: 'text',
  ackedEarly: 'flag',
  deadLettered: 'flag',
  cacheHit: 'flag',
  cancelled: 'flag',
  interrupted: 'flag',
  isBackground: 'flag',
  diedOf: 'text',
  grew: 'text',
  pid: 'number',
  blockedMs: 'number',
  blockedBeforeMs: 'number',
  gcMs: 'number',
  isDatabase: 'flag',
  collection: 'text',
  route: 'text',
  keyHash: 'number',
  access: 'text',
  columns: 'text',
  isPost: 'flag',
};

export type KnownAttribute = keyof typeof KINDS;

/** A place is an index of these. */
export const KNOWN: readonly KnownAttribute[] = Object.keys(KINDS) as KnownAttribute[];
export const KIND_OF: readonly Kind[] = KNOWN.map((attribute) => KINDS[attribute]);
const PLACES = new Map(KNOWN.map((attribute, place) => [attribute, place]));
/** Bits of the first word. */
export const WORD = 32;

export function placeOf(attribute: KnownAttribute): number {
  return PLACES.get(attribute)!;
}

/** The attributes of one span as numbers; texts are those of `Strings`. */
export class AttributeValues {
  /** A bit for each attribute that the span has. */
  low = 0;
  high = 0;
  readonly values: Float64Array = new Float64Array(KNOWN.length);
  links: number[] | undefined;

  get isEmpty(): boolean {
    return this.low === 0 && this.high === 0 && this.links === undefined;
  }

  clear(): void {
    this.low = this.high = 0;
    this.links = undefined;
  }

  set(place: number, value: number): void {
    if (place < WORD) this.low |= 1 << place;
    else this.high |= 1 << (place - WORD);
    this.values[place] = value;
  }
}
