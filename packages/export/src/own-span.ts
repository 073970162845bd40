import type { Attributes } from '@opentelemetry/api';
import { hrTime } from './encode/times.ts';
import type { FinishedSpan, Scope } from './finished-span.ts';

export const OWN_SCOPE: Scope = { name: 'foreshock' };

// `TraceFlags.SAMPLED`: the sender's thread has no API.
const SAMPLED = 1;

/** Of Foreshock itself, from any thread. */
export interface OwnSpan {
  readonly name: string;
  /** ms since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** Default: a new trace. */
  readonly parent?: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly attributes: Attributes;
}

/** Always sampled. */
export function ownSpan({ name, startMs, endMs, parent, attributes }: OwnSpan): FinishedSpan {
  const context = { traceId: parent?.traceId ?? randomHex(16), spanId: randomHex(8), traceFlags: SAMPLED };
  return {
    ...blankSpan(name, startMs, endMs),
    spanContext: () => context,
    parentSpanContext: parent && { ...parent, traceFlags: SAMPLED },
    attributes,
  };
}

/** @param startMs ms since 1970, as `endMs` */
export function blankSpan(name: string, startMs: number, endMs: number): Omit<FinishedSpan, 'spanContext'> {
  return {
    name,
    kind: 0,
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    instrumentationScope: OWN_SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Without loading `node:crypto`. */
function randomHex(bytes: number): string {
  return Array.from({ length: 2 * bytes }, () => Math.floor(Math.random() * 16).toString(16)).join('');
}
