import type { Attributes, Span } from '../contract.ts';
import { duration } from '../words/duration.ts';

export interface SpanFacts {
  isWait: boolean;
  /** Milliseconds in a queue before its start. */
  queuedMs: number;
  /** Milliseconds between attempts before its start. */
  delayMs: number;
  /** Milliseconds that the call waited for a connection at its start. */
  waitedInsideMs: number;
  attempt: number;
  maxAttempts: number;
  breaker: string;
  breakerName: string;
  isError: boolean;
}

const cache = new WeakMap<Span, SpanFacts>();

export function factsOf(span: Span): SpanFacts {
  let facts = cache.get(span);
  if (!facts) cache.set(span, (facts = read(span)));
  return facts;
}

function read({ name, status, attributes }: Span): SpanFacts {
  const number = (key: string): number => numberOf(attributes, key);
  return {
    isWait: /^(pool\.acquire|queue\.wait)\b/.test(name),
    queuedMs: name.startsWith('queue.wait') ? 0 : number('queue.wait_ms'),
    delayMs: number('retry.delay_ms'),
    waitedInsideMs: number('http.phase.queue_ms'),
    attempt: number('retry.attempt') || number('queue.attempt'),
    maxAttempts: number('retry.max_attempts') || number('queue.max_attempts'),
    breaker: textOf(attributes, 'circuitbreaker.state'),
    breakerName: textOf(attributes, 'circuitbreaker.name'),
    isError: status === 'error',
  };
}

/** Most important first. */
export function notesOf(span: Span): string[] {
  const { attempt, maxAttempts, breaker, queuedMs, isWait, isError } = factsOf(span);
  const notes: string[] = [];
  if (isError) notes.push(textOf(span.attributes, 'error.type').slice(0, 40) || 'error');
  if (breaker === 'open' || breaker === 'half_open') notes.push(`breaker ${breaker.replace('_', '-')}`);
  if (attempt > 1) notes.push(maxAttempts > 0 ? `attempt ${attempt} of ${maxAttempts}` : `attempt ${attempt}`);
  if (queuedMs >= 1) notes.push(`queued ${duration(queuedMs)} before`);
  if (isWait) notes.push('waiting');
  return notes;
}

function numberOf(attributes: Attributes, key: string): number {
  const value = Number(attributes[key] ?? 0);
  return Number.isFinite(value) && value > 0 ? value : 0;
}

export function textOf(attributes: Attributes, key: string): string {
  const value = attributes[key];
  return typeof value === 'string' ? value : value === undefined ? '' : String(value);
}
