import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import {
  PROCESS_DIED,
  PROCESS_DIED_CAUSE as CAUSE,
  PROCESS_DIED_INTERRUPTED as INTERRUPTED_COUNT,
  PROCESS_UPTIME_MS as UPTIME_MS,
} from '@foreshock/kit/names';
import type { FinishedEvent, FinishedSpan, Scope } from '../finished-span.ts';

export interface ProcessDeath {
  /** `uncaught_error`, `signal`, `abort`; after recovery `oom_kill`, `heap_limit`, `hung`, `unknown`. */
  readonly cause: string;
  /** One sentence. */
  readonly evidence: string;
  /** Life of the process; ms since 1970. */
  readonly startedAt: number;
  readonly at: number;
  /** Longest first. */
  readonly interrupted: readonly SpanContext[];
  readonly attributes: Attributes;
  readonly events: readonly FinishedEvent[];
}

const STATUS_ERROR = 2;
const SAMPLED = 1;
const MAX_LINKS = 128;
export const REPORTER: Scope = { name: 'foreshock' };

/** The span `process.died`, a trace of its own, always sampled. */
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

/** ms since 1970. */
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

/** `node:crypto` would have to be loaded. */
function randomHex(bytes: number): string {
  return Array.from({ length: 2 * bytes }, () => Math.floor(Math.random() * 16).toString(16)).join('');
}
