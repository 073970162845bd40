import type { Message } from '../../events.ts';

/** In `output`, and the column; hidden from handlers. */
export const KEY = '__foreshock';

/** Larger: not Foreshock's. */
const MAX_FIELDS = 16;

export interface Job {
  id: string;
  data: unknown;
  /** The last attempt's, with metadata. */
  output?: unknown;
  /** `trace_context`, which pg-boss ≥ 12.38 fetches and removes. */
  __traceContext?: unknown;
}

interface Metadata {
  carrier?: Record<string, unknown>;
  attempt?: number;
  maxAttempts?: number;
  waitMs?: number;
  delayMs?: number;
  deadLetters?: boolean;
  readAt: number;
}

const metadata = new WeakMap<object, Metadata>();

/** For example cron ticks. */
export function isInternal(queue: unknown): boolean {
  return typeof queue === 'string' && queue.startsWith('__pgboss__');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function isCarrier(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const values = Object.values(value);
  return values.length <= MAX_FIELDS && values.every((each) => typeof each === 'string');
}

/** Removes what was added. */
export function uncover(job: Job): void {
  const found: Metadata = metadata.get(job) ?? { readAt: performance.now() };
  metadata.set(job, found);
  const { [KEY]: column, __traceContext: context, output } = job as Job & { [KEY]?: unknown };
  if (typeof column === 'string') {
    delete (job as Job & { [KEY]?: unknown })[KEY];
    readColumn(column, found);
  }
  if (isObject(output) && isCarrier(output[KEY])) {
    delete output[KEY];
    if (Object.keys(output).length === 0) job.output = null;
  }
  const own = typeof context === 'string' ? JSON.parse(context) : context;
  if (isCarrier(own)) found.carrier = own;
}

/** Format: `0 2 0.01 0 false {"traceparent":"…"}`; both parts are optional. */
function readColumn(column: string, found: Metadata): void {
  const end = column.indexOf('{');
  const numbers = end < 0 ? column : column.slice(0, end);
  const [retries, limit, waited, delayed, deadLetters] = numbers.split(' ');
  if (deadLetters !== undefined) {
    found.attempt = Number(retries) + 1;
    found.maxAttempts = Number(limit) + 1;
    found.waitMs = Math.max(0, Number(waited) * 1000);
    found.delayMs = Math.max(0, Number(delayed) * 1000);
    found.deadLetters = deadLetters === 'true';
  }
  if (end < 0) return;
  const carrier: unknown = JSON.parse(column.slice(end));
  if (isCarrier(carrier)) found.carrier = carrier;
}

export function messageOf(job: Job): Message {
  uncover(job);
  const { carrier, attempt, maxAttempts, waitMs, delayMs, readAt } = metadata.get(job)!;
  return {
    id: job.id,
    carrier,
    attempt,
    maxAttempts,
    waitMs: waitMs === undefined ? undefined : waitMs + performance.now() - readAt,
    delayMs,
  };
}

export function isDeadLettered(job: Job, retriesLeft = true): boolean {
  const { deadLetters, attempt = 1, maxAttempts = 1 } = metadata.get(job) ?? {};
  return deadLetters === true && (!retriesLeft || attempt >= maxAttempts);
}
