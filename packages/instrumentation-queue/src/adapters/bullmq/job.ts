/** A processor's job (`Job` of dist/cjs/classes/job.js), or a sandbox's JSON. */
export interface Job {
  id?: string;
  opts?: JobOptions;
  /** ms since 1970, the producer's clock. */
  timestamp?: number;
  /** ms; after a failure, the next attempt's. */
  delay?: number;
  /** Failed attempts. */
  attemptsMade?: number;
  /** All starts, including this one. */
  attemptsStarted?: number;
  stalledCounter?: number;
  repeatJobKey?: string;
  /** Set when no attempts are left. */
  finishedOn?: number;
}

export interface JobOptions {
  /** bullmq's, from 5.34; `tm` in Redis. */
  telemetry?: { metadata?: unknown; omitContext?: unknown };
  /** In 5.22 to 5.33. */
  telemetryMetadata?: unknown;
  tm?: unknown;
  attempts?: number;
  delay?: number;
  timestamp?: unknown;
  repeat?: unknown;
  /** A repeated run's due time, ms since 1970. */
  prevMillis?: unknown;
}

export interface Owner {
  name: string;
  qualifiedName?: string;
  opts?: { telemetry?: unknown };
}

/** Stable across retries. */
export function identityOf(owner: Owner, { id }: Job): string {
  return `${owner.qualifiedName ?? owner.name}\n${id}`;
}

export function startsOf({ attemptsStarted, attemptsMade }: Job): number {
  return number(attemptsStarted) || number(attemptsMade);
}

/** 0 unless positive. */
export function number(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}
