import type { Attributes } from '@opentelemetry/api';
import {
  CGROUP_MEMORY_LIMIT as CGROUP_LIMIT,
  CGROUP_MEMORY_USED as CGROUP_USED,
  EVENT_LOOP_BLOCKED_MS as BLOCKED_MS,
  EXTERNAL_MEMORY,
  GC_SHARE,
  HEAP_SPACE_USED,
  MACHINE_MEMORY_AVAILABLE,
  PROCESS_DIED_ALLOCATED_BY,
  PROCESS_DIED_GROWTH,
  PROCESS_DIED_HEAP_PROFILE,
  PROCESS_DIED_INTERRUPTED_NEW,
  PROCESS_LAST_ERROR,
  PROCESS_STATE,
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
import { causeOf, type DeathCause, type KernelAfterwards, type LeftByDead } from './death-cause.ts';
import { type FileHeader } from './file-layout.ts';
import type { FoundProfile } from './found-profile.ts';
import type { Heartbeat } from './heartbeat.ts';
import { memoryGrowth } from './memory-growth.ts';
import type { OpenSpan } from './open-span-copy.ts';

export interface Death extends DeathCause {
  readonly header: FileHeader;
  /** Last known alive; ms since 1970. */
  readonly at: number;
  readonly heartbeats: readonly Heartbeat[];
  /** Oldest first. */
  readonly open: readonly OpenSpan[];
  /** At least so many, open too shortly to be in {@link open}. */
  readonly openNew: number;
  readonly heapProfile: FoundProfile | undefined;
}

const STATUS_ERROR = 2;
const SAMPLED = 1;
const LEAST_GC_SHARE = 0.01;

/** From the frames. */
export interface EndedSpans {
  /** When each was written. */
  readonly times: readonly number[];
  /** 0 without frames. */
  readonly lastAt: number;
}

export function deathOf(
  header: FileHeader,
  left: Omit<LeftByDead, 'last' | 'at'>,
  heartbeats: readonly Heartbeat[],
  open: readonly OpenSpan[],
  ended: EndedSpans,
  now: KernelAfterwards,
  heapProfile: FoundProfile | undefined,
): Death {
  const last = heartbeats.at(-1);
  const at = Math.max(header.at, last?.at ?? 0, ended.lastAt);
  const oldestFirst = open.toSorted((one, other) => one.startMs - other.startMs);
  return {
    ...causeOf({ ...left, last, at }, now, Date.now()),
    header,
    at,
    heartbeats,
    open: oldestFirst,
    openNew: openNewOf(last, open, ended),
    heapProfile,
  };
}

/** Open at the last heartbeat, minus those ended since. */
function openNewOf(last: Heartbeat | undefined, open: readonly OpenSpan[], { times }: EndedSpans): number {
  if (!last) return 0;
  const endedSince = times.filter((at) => at > last.at).length;
  return Math.max(0, last.openSpans - open.length - endedSince);
}

/** The interrupted spans, and `process.died`, linked to them. */
export function reportSpans(death: Death): RecordBatch {
  const { header, open } = death;
  const resource = Buffer.from(header.resource, 'base64');
  return ownBatch(resource, [died(death), ...open.toReversed().map((span) => interrupted(span, death))]);
}

/** One line of JSON. */
export function reportLine({ header, cause, evidence, at, heartbeats, open, openNew, heapProfile }: Death): string {
  const last = heartbeats.at(-1);
  const growth = memoryGrowth(heartbeats);
  return JSON.stringify({
    event: PROCESS_DIED,
    service: header.service,
    pid: header.pid,
    cause,
    evidence,
    at: new Date(at).toISOString(),
    uptime_s: Math.round((at - header.startedAt) / 1_000),
    ...(last && attributesOf(last, heartbeats.at(-2))),
    ...(growth && { growth }),
    ...(heapProfile && { heap_profile: heapProfile.path, allocated_by: heapProfile.top }),
    interrupted: open.length,
    ...(openNew > 0 && { interrupted_new: openNew }),
    longest: open.slice(0, 5).map(({ name, detail, startMs, traceId }) => ({
      name: detail === undefined ? name : `${name} ${detail}`,
      ms: Math.round(at - startMs),
      trace_id: traceId,
    })),
  });
}

function died({ header, cause, evidence, signal, at, heartbeats, open, openNew, heapProfile }: Death): FinishedSpan {
  const growth = memoryGrowth(heartbeats);
  return diedSpan({
    cause,
    evidence,
    startedAt: header.startedAt,
    at,
    interrupted: open.map(({ traceId, spanId }) => ({ traceId, spanId, traceFlags: SAMPLED })),
    attributes: {
      'process.pid': header.pid,
      ...(signal && { 'error.type': signal }),
      ...(openNew > 0 && { [PROCESS_DIED_INTERRUPTED_NEW]: openNew }),
      ...(growth && { [PROCESS_DIED_GROWTH]: growth }),
      ...(heapProfile && {
        [PROCESS_DIED_HEAP_PROFILE]: heapProfile.path,
        [PROCESS_DIED_ALLOCATED_BY]: [...heapProfile.top],
      }),
    },
    events: heartbeats.map((beat, index) => ({
      name: HEARTBEAT,
      time: hrTime(beat.at),
      attributes: attributesOf(beat, heartbeats[index - 1]),
    })),
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

function attributesOf(beat: Heartbeat, before: Heartbeat | undefined): Attributes {
  const known = {
    'process.memory.rss': beat.rss,
    'v8js.memory.heap.used': beat.heapUsed,
    'v8js.memory.heap.limit': beat.heapLimit,
    [`${HEAP_SPACE_USED}old_space`]: beat.oldSpace,
    [`${HEAP_SPACE_USED}large_object_space`]: beat.largeObjectSpace,
    [`${HEAP_SPACE_USED}new_space`]: beat.newSpace,
    [EXTERNAL_MEMORY]: beat.external,
    [CGROUP_USED]: beat.cgroupUsed,
    [CGROUP_LIMIT]: beat.cgroupLimit,
    [MACHINE_MEMORY_AVAILABLE]: beat.available,
    [BLOCKED_MS]: beat.blockedMs,
    [OPEN_SPANS]: beat.openSpans,
    [WAITING_SPANS]: beat.waitingSpans,
  };
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(known)) if (value > 0) attributes[key] = Math.round(value);
  const share = before ? (beat.gcMs - before.gcMs) / (beat.at - before.at) : 0;
  if (share >= LEAST_GC_SHARE && share <= 1) attributes[GC_SHARE] = Math.round(share * 100) / 100;
  if (beat.state !== '') attributes[PROCESS_STATE] = beat.state;
  if (beat.error !== '') attributes[PROCESS_LAST_ERROR] = beat.error;
  return attributes;
}
