import { createContextKey, trace, type Context } from '@opentelemetry/api';
import { spanContextOf } from '@foreshock/kit';
import type { Message } from './events.ts';

/** A self-adding job starts a trace. */
const MAX_HOPS = 32;

/** Replays, old records and long backlogs start one. */
const MAX_AGE_MS = 600_000;

/** Further messages start their own. */
const MAX_SENDS = 100;

/** Messages delayed longer start their own traces: none stays open for hours. */
const MAX_DELAY_MS = 60_000;

/** Half of those kept; least recent go first. */
const MAX_RECENT = 500;

/** Hop, start (ms since 1970), one of many. */
export const TRACE_LIFE = 'foreshock-trace';

const LIFE = createContextKey('foreshock.queue.trace-life');

export interface TraceLife {
  /** Since the trace began. */
  readonly hops: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  sends: number;
}

/** Handlers by context, requests by trace ID. */
export class TraceLives {
  // A Map keeps deleted slots, slowing deletions of its oldest.
  #recent = new Map<string, TraceLife>();
  #earlier = new Map<string, TraceLife>();

  /** @param count messages in the call */
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

/** Late timers may send in old traces. */
function startOf(where: Context): number | undefined {
  const start = (trace.getSpan(where) as { startTime?: unknown } | undefined)?.startTime;
  return Array.isArray(start) && typeof start[0] === 'number'
    ? Math.floor(start[0] * 1000 + start[1] / 1e6)
    : undefined;
}

export function newLife(): TraceLife {
  return { hops: 0, since: Date.now(), sends: 0 };
}

/** Sends within are the next hop. */
export function withLife(where: Context, life: TraceLife): Context {
  return where.setValue(LIFE, life);
}

/** @returns undefined: starts a new trace */
export function continued({ carrier, sentAt, delayMs = 0, repeated }: Message): TraceLife | undefined {
  if (repeated || delayMs > MAX_DELAY_MS) return undefined;
  const [hops, since, many] = read(carrier?.[TRACE_LIFE]);
  const now = Date.now();
  const began = Math.min(since ?? now, sentAt ?? now, now);
  if (many || hops > MAX_HOPS || now - began > MAX_AGE_MS) return undefined;
  return { hops, since: began, sends: 0 };
}

/** Invalid: a first hop. */
function read(value: unknown): readonly [hops: number, since: number | undefined, many: boolean] {
  const text = value instanceof Uint8Array && value.length <= 40 ? Buffer.from(value).toString() : value;
  const found = typeof text === 'string' && text.length <= 40 ? /^(\d{1,9});(\d{1,15})(;many)?$/.exec(text) : null;
  return found ? [Number(found[1]), Number(found[2]), found[3] !== undefined] : [1, undefined, false];
}
