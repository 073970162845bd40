import { createContextKey, trace, type Context } from '@opentelemetry/api';
import { spanContextOf } from '@foreshock/kit';
import type { Message } from './events.ts';

/** From message to message, a trace goes on at most this often: then a job that adds itself begins a new one. */
const MAX_HOPS = 32;

/** A message handled this long after its trace began is a trace of its own: a replay, an old record, a long backlog. */
const MAX_AGE_MS = 600_000;

/** The messages of one request or handler beyond this many are traces of their own. */
const MAX_SENDS = 100;

/** A message due later than this after it was sent is a trace of its own: no trace stays open for hours. */
const MAX_DELAY_MS = 60_000;

/** Half of the traces remembered at most, of requests that send; those that sent longest ago are forgotten first. */
const MAX_RECENT = 500;

/** Travels with each message: its hop, when its trace began (milliseconds since 1970), and whether it is one of many. */
export const TRACE_LIFE = 'foreshock-trace';

const LIFE = createContextKey('foreshock.queue.trace-life');

/** How far a trace has come. */
export interface TraceLife {
  /** Messages between the trace's begin and here. */
  readonly hops: number;
  /** When the trace began, milliseconds since 1970. */
  readonly since: number;
  /** Messages sent from here. */
  sends: number;
}

/** The lives of traces in this process: of a handler in its context, of a request by the ID of its trace. */
export class TraceLives {
  // Two maps, of which the older is dropped whole: to take the oldest out of one is slow, a Map keeps what was deleted.
  #recent = new Map<string, TraceLife>();
  #earlier = new Map<string, TraceLife>();

  /**
   * What travels with messages that are sent from here.
   *
   * @param count how many messages the call sends
   */
  next(caller: Context, count: number): string {
    const life = this.#of(caller);
    life.sends += count;
    const text = `${life.hops + 1};${life.since}`;
    return life.sends > MAX_SENDS ? `${text};many` : text;
  }

  #of(where: Context): TraceLife {
    const inHandler = where.getValue(LIFE) as TraceLife | undefined;
    if (inHandler) return inHandler;
    const traceId = spanContextOf(where)?.traceId;
    if (traceId === undefined) return newLife();
    let life = this.#recent.get(traceId);
    if (life) return life;
    life = this.#earlier.get(traceId) ?? { hops: 0, since: startOf(where) ?? Date.now(), sends: 0 };
    if (this.#recent.size >= MAX_RECENT) {
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(traceId, life);
    return life;
  }
}

/** A timer of a request that ended long ago sends in its trace: the SDK's spans tell when they began. */
function startOf(where: Context): number | undefined {
  const start = (trace.getSpan(where) as { startTime?: unknown } | undefined)?.startTime;
  return Array.isArray(start) && typeof start[0] === 'number'
    ? Math.floor(start[0] * 1000 + start[1] / 1e6)
    : undefined;
}

/** Of a trace that begins here. */
export function newLife(): TraceLife {
  return { hops: 0, since: Date.now(), sends: 0 };
}

/** Everything that is sent with it active is the next hop. */
export function withLife(where: Context, life: TraceLife): Context {
  return where.setValue(LIFE, life);
}

/**
 * The life that the trace of a message's sender has where the message is handled.
 *
 * @returns undefined when the handling is a trace of its own
 */
export function continued({ carrier, sentAt, delayMs = 0, repeated }: Message): TraceLife | undefined {
  if (repeated || delayMs > MAX_DELAY_MS) return undefined;
  const [hops, since, many] = read(carrier?.[TRACE_LIFE]);
  const now = Date.now();
  const began = Math.min(since ?? now, sentAt ?? now, now);
  if (many || hops > MAX_HOPS || now - began > MAX_AGE_MS) return undefined;
  return { hops, since: began, sends: 0 };
}

/** What a stranger wrote there counts as a first hop. */
function read(value: unknown): readonly [hops: number, since: number | undefined, many: boolean] {
  const text = value instanceof Uint8Array && value.length <= 40 ? Buffer.from(value).toString() : value;
  const found = typeof text === 'string' && text.length <= 40 ? /^(\d{1,9});(\d{1,15})(;many)?$/.exec(text) : null;
  return found ? [Number(found[1]), Number(found[2]), found[3] !== undefined] : [1, undefined, false];
}
