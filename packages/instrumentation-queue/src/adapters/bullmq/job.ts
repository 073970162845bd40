import { guard } from '@foreshock/kit';
import type { Carrier, Message } from '../../events.ts';
import type { Redeliveries } from '../../redeliveries.ts';

/** A job as processors get it (`Job` of dist/cjs/classes/job.js), or as JSON in a sandbox. */
export interface Job {
  id?: string;
  opts?: JobOptions;
  /** Milliseconds since 1970, by the clock of who added it. */
  timestamp?: number;
  /** Milliseconds: of the next attempt, once one failed. */
  delay?: number;
  attemptsMade?: number;
  stalledCounter?: number;
  repeatJobKey?: string;
}

export interface JobOptions {
  /** What bullmq's own telemetry uses; `tm` in Redis. */
  telemetry?: { metadata?: unknown; omitContext?: unknown };
  tm?: unknown;
  attempts?: number;
  delay?: number;
  repeat?: unknown;
}

/** A queue, a worker or whatever else a job belongs to. */
export interface Owner {
  name: string;
  qualifiedName?: string;
  /** The application's own telemetry. */
  opts?: { telemetry?: unknown };
}

/** More than any carrier of ours has. */
const MAX_METADATA = 32_768;

/** Travels with a job that is due when its children are done, whenever that is. */
const WAITS = 'foreshock-waits';

/**
 * A carrier as bullmq's telemetry lets it travel, `opts.telemetry.metadata`: a text, and in it JSON as `bullmq-otel`
 * writes and reads it. So the trace goes on where one side uses that.
 *
 * @param waits the job waits for others first
 */
export function metadataOf(carrier: Carrier | undefined, waits = false): string | undefined {
  return carrier && JSON.stringify(waits ? { ...carrier, [WAITS]: 'children' } : carrier);
}

/** Whatever a stranger put there: what is no JSON object is nothing. */
export function carrierIn(opts: JobOptions | undefined): Record<string, unknown> | undefined {
  const metadata = opts?.telemetry?.metadata ?? opts?.tm;
  if (typeof metadata !== 'string' || metadata.length > MAX_METADATA || !metadata.startsWith('{')) return undefined;
  try {
    return JSON.parse(metadata) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** What makes a job the same one when it comes again. */
export function identityOf(owner: Owner, { id }: Job): string {
  return `${owner.qualifiedName ?? owner.name}\n${id}`;
}

export function messageOf(owner: Owner, job: Job, redeliveries: Redeliveries): Message {
  const { id, opts = {}, timestamp, attemptsMade = 0, stalledCounter = 0 } = job;
  const carrier = carrierIn(opts);
  const delayMs = number(opts.delay);
  const before = redeliveries.isEmpty ? undefined : redeliveries.waitMs(identityOf(owner, job));
  const isFirst = attemptsMade === 0 && stalledCounter === 0;
  return {
    id: id === undefined ? undefined : String(id),
    carrier,
    // Redis does not say when a job became due again.
    waitMs:
      before ?? (isFirst && timestamp && !carrier?.[WAITS] ? Math.max(0, Date.now() - timestamp - delayMs) : undefined),
    delayMs,
    repeated: job.repeatJobKey !== undefined || opts.repeat !== undefined,
    attempt: number(attemptsMade) + number(stalledCounter) + 1,
    maxAttempts: Math.max(1, number(opts.attempts)),
  };
}

function number(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** The processor puts the job off itself: errors that are none (dist/cjs/classes/errors, `RATE_LIMIT_ERROR`). */
export function isPutOff(error: unknown): boolean {
  return (
    guard('bullmq process', () => {
      const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
      return (
        name === 'DelayedError' ||
        name === 'WaitingError' ||
        name === 'WaitingChildrenError' ||
        message === 'bullmq:rateLimitExceeded'
      );
    }) === true
  );
}
