import type { Attributes } from '@opentelemetry/api';
import {
  CGROUP_MEMORY_LIMIT as CGROUP_LIMIT,
  CGROUP_MEMORY_USED as CGROUP_USED,
  EVENT_LOOP_BLOCKED_MS as BLOCKED_MS,
  FORESHOCK_INTERRUPTED as INTERRUPTED,
  FORESHOCK_OPEN_SPANS as OPEN_SPANS,
  FORESHOCK_WAITING_SPANS as WAITING_SPANS,
  PROCESS_DIED,
  PROCESS_HEARTBEAT as HEARTBEAT,
} from '@foreshock/kit/names';
import { hrTime } from '../encode/times.ts';
import type { FinishedSpan } from '../finished-span.ts';
import type { RecordBatch } from '../otlp-request.ts';
import { ownBatch } from '../own-batch.ts';
import { blankSpan } from '../own-span.ts';
import { diedSpan } from './died-span.ts';
import { causeOf, type DeathCause } from './death-cause.ts';
import { type FileHeader } from './file-format.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { KernelMemory } from './memory-limits.ts';
import type { OpenSpan } from './open-span-copy.ts';

export interface Death extends DeathCause {
  readonly header: FileHeader;
  /** Last known alive; ms since 1970. */
  readonly at: number;
  readonly heartbeats: readonly Heartbeat[];
  /** Oldest first. */
  readonly open: readonly OpenSpan[];
}

const STATUS_ERROR = 2;
const SAMPLED = 1;

export function deathOf(
  header: FileHeader,
  heartbeats: readonly Heartbeat[],
  open: readonly OpenSpan[],
  lastFrameAt: number,
  now: KernelMemory,
): Death {
  const last = heartbeats.at(-1);
  const at = Math.max(header.at, last?.at ?? 0, lastFrameAt);
  const oldestFirst = open.toSorted((one, other) => one.startMs - other.startMs);
  return { ...causeOf(header, last, now, Date.now() - at), header, at, heartbeats, open: oldestFirst };
}

/** The interrupted spans, and `process.died` with links to them. */
export function reportSpans(death: Death): RecordBatch {
  const { header, open } = death;
  const resource = Buffer.from(header.resource, 'base64');
  return ownBatch(resource, [died(death), ...open.toReversed().map((span) => interrupted(span, death))]);
}

/** One line of JSON. */
export function reportLine({ header, cause, evidence, at, heartbeats, open }: Death): string {
  const last = heartbeats.at(-1);
  return JSON.stringify({
    event: PROCESS_DIED,
    service: header.service,
    pid: header.pid,
    cause,
    evidence,
    at: new Date(at).toISOString(),
    uptime_s: Math.round((at - header.startedAt) / 1_000),
    ...(last && attributesOf(last)),
    interrupted: open.length,
    longest: open.slice(0, 5).map(({ name, detail, startMs, traceId }) => ({
      name: detail === undefined ? name : `${name} ${detail}`,
      ms: Math.round(at - startMs),
      trace_id: traceId,
    })),
  });
}

function died({ header, cause, evidence, at, heartbeats, open }: Death): FinishedSpan {
  return diedSpan({
    cause,
    evidence,
    startedAt: header.startedAt,
    at,
    interrupted: open.map(({ traceId, spanId }) => ({ traceId, spanId, traceFlags: SAMPLED })),
    attributes: { 'process.pid': header.pid },
    events: heartbeats.map((beat) => ({ name: HEARTBEAT, time: hrTime(beat.at), attributes: attributesOf(beat) })),
  });
}

function interrupted(span: OpenSpan, { at, cause }: Death): FinishedSpan {
  const { name, kind, startMs, traceId, spanId, parentSpanId, detail } = span;
  return {
    ...blankSpan(name, startMs, Math.max(at, startMs)),
    kind,
    spanContext: () => ({ traceId, spanId, traceFlags: SAMPLED }),
    parentSpanContext: parentSpanId === undefined ? undefined : { traceId, spanId: parentSpanId, traceFlags: SAMPLED },
    status: { code: STATUS_ERROR, message: 'its process died' },
    attributes: {
      [INTERRUPTED]: true,
      'error.type': cause,
      ...(detail !== undefined && { 'url.path': detail }),
    },
  };
}

function attributesOf(beat: Heartbeat): Attributes {
  const known = {
    'process.memory.rss': beat.rss,
    'v8js.memory.heap.used': beat.heapUsed,
    'v8js.memory.heap.limit': beat.heapLimit,
    [CGROUP_USED]: beat.cgroupUsed,
    [CGROUP_LIMIT]: beat.cgroupLimit,
    [BLOCKED_MS]: beat.blockedMs,
    [OPEN_SPANS]: beat.openSpans,
    [WAITING_SPANS]: beat.waitingSpans,
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([key, value]) => (value > 0 ? [[key, Math.round(value)]] : [])),
  );
}
