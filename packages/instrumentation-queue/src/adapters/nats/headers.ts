import type { Carrier } from '../../events.ts';
import { forwardedNames } from '../../forwarded-headers.ts';

/** lib/nats-base-client/headers.js. */
export interface MsgHdrs extends Iterable<[name: string, values: string[]]> {
  /** Of an answer's status: 0, if none. */
  readonly code: number;
  readonly description: string;
  append(name: string, value: string): void;
  encode(): Uint8Array;
}

export type MsgHdrsClass = new (code?: number, description?: string) => MsgHdrs;

/** Go's clients write `Traceparent`. */
export function textsIn(headers: MsgHdrs | undefined): Record<string, string> {
  const texts: Record<string, string> = {};
  let left = 64;
  for (const [name, [value]] of headers ?? []) {
    if (left-- === 0) break;
    if (value !== undefined) texts[name.toLowerCase()] = value;
  }
  return texts;
}

/** A copy with the trace. */
export function withTrace(Headers: MsgHdrsClass, given: MsgHdrs | undefined, carrier: Carrier): MsgHdrs {
  const copy = new Headers(given?.code, given?.description);
  const stale = new Set([...forwardedNames(textsIn(given), carrier), ...Object.keys(carrier)]);
  for (const [name, values] of given ?? []) {
    if (!stale.has(name.toLowerCase())) for (const value of values) copy.append(name, value);
  }
  for (const name in carrier) copy.append(name, carrier[name]!);
  return copy;
}
