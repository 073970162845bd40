import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import {
  PROCESS_DIED,
  PROCESS_DIED_CAUSE as CAUSE,
  PROCESS_DIED_INTERRUPTED as INTERRUPTED_COUNT,
  PROCESS_UPTIME_MS as UPTIME_MS,
} from '@foreshock/kit/names';
import type { FinishedEvent, FinishedSpan } from '../finished-span.ts';
import { ownSpan } from '../own-span.ts';

export interface ProcessDeath {
  /** `uncaught_error`, `signal`, `abort`; after recovery also `oom_kill`, `heap_limit`, `hung`, `native_crash`, `unknown`. */
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
const MAX_LINKS = 128;

/** `process.died`: a trace of its own, always sampled. */
export function diedSpan({
  cause,
  evidence,
  startedAt,
  at,
  interrupted,
  attributes,
  events,
}: ProcessDeath): FinishedSpan {
  const all = {
    'error.type': cause,
    [CAUSE]: cause,
    [INTERRUPTED_COUNT]: interrupted.length,
    [UPTIME_MS]: Math.round(at - startedAt),
    ...attributes,
  };
  return {
    ...ownSpan({ name: PROCESS_DIED, startMs: startedAt, endMs: at, attributes: all }),
    status: { code: STATUS_ERROR, message: evidence },
    links: interrupted.slice(0, MAX_LINKS).map((context): Link => ({ context, attributes: {} })),
    droppedLinksCount: Math.max(0, interrupted.length - MAX_LINKS),
    events,
  };
}
