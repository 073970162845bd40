import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import {
  PROCESS_DIED,
  PROCESS_DIED_CAUSE as CAUSE,
  PROCESS_DIED_INTERRUPTED as INTERRUPTED_COUNT,
  PROCESS_UPTIME_MS as UPTIME_MS,
} from '@foreshock/kit/names';
import type { FinishedEvent, FinishedSpan, Scope } from '../finished-span.ts';

/** The trace of the end of a process, `process.died`. */
export interface ProcessDeath {
  /** `uncaught_error`, `signal`, `abort`, or what is thought of it later: `oom_kill`, `heap_limit`, `hung`, `unknown`. */
  readonly cause: string;
  /** What that rests on, in a sentence. */
  readonly evidence: string;
  /** From when to when it lived; ms since 1970. */
  readonly startedAt: number;
  readonly at: number;
  /** What was under way, the longest first. */
  readonly interrupted: readonly SpanContext[];
  readonly attributes: Attributes;
  readonly events: readonly FinishedEvent[];
}

const STATUS_ERROR = 2;
const SAMPLED = 1;
const MAX_LINKS = 128;
/** Who makes it. */
export const REPORTER: Scope = { name: 'foreshock' };

/** The span of a trace of its own, whatever is sampled of others: a process dies once. */
export function diedSpan({
  cause,
  evidence,
  startedAt,
  at,
  interrupted,
  attributes,
  events,
}: ProcessDeath): FinishedSpan {
  const spanContext = { traceId: randomHex(16), spanId: randomHex(8), traceFlags: SAMPLED };
  return {
    ...blankSpan(PROCESS_DIED, startedAt, at),
    spanContext: () => spanContext,
    status: { code: STATUS_ERROR, message: evidence },
    attributes: {
      'error.type': cause,
      [CAUSE]: cause,
      [INTERRUPTED_COUNT]: interrupted.length,
      [UPTIME_MS]: Math.round(at - startedAt),
      ...attributes,
    },
    links: interrupted.slice(0, MAX_LINKS).map((context): Link => ({ context, attributes: {} })),
    droppedLinksCount: Math.max(0, interrupted.length - MAX_LINKS),
    events,
  };
}

/** A span that has nothing yet but a name and times; ms since 1970. */
export function blankSpan(name: string, startMs: number, endMs: number): Omit<FinishedSpan, 'spanContext'> {
  return {
    name,
    kind: 0,
    startTime: timeOf(startMs),
    endTime: timeOf(endMs),
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    instrumentationScope: REPORTER,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export function timeOf(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.floor((ms - seconds * 1_000) * 1e6)];
}

/** Not of a random generator that is worth the name, which would have to be loaded. */
function randomHex(bytes: number): string {
  return Array.from({ length: 2 * bytes }, () => Math.floor(Math.random() * 16).toString(16)).join('');
}
