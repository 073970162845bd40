import { createContextKey, type Context, type Span } from '@opentelemetry/api';
import { attributeOf } from '@foreshock/kit';

const ATTEMPT = createContextKey('foreshock.attempt');

/** More share a count. */
const MAX_TARGETS = 64;

interface Sent {
  attempt: SentAttempt;
  resends: number;
}

/** Shared by nested policies. An open breaker's refusal sent nothing. */
export class Sends {
  /** By upstream callers, default 1. */
  readonly upstream: number;
  readonly #sent = new Map<string, Sent>();

  constructor(upstream = 1) {
    this.upstream = upstream;
  }

  /**
   * @param least its policy's attempts that sent something
   * @returns earlier requests for the operation
   */
  before(target: string, attempt: SentAttempt, least: number): number {
    const sent = this.#of(target, attempt);
    if (sent.attempt !== attempt) {
      sent.attempt = attempt;
      sent.resends++;
    }
    return (sent.resends = Math.max(sent.resends, least));
  }

  #of(target: string, attempt: SentAttempt): Sent {
    if (!this.#sent.has(target) && this.#sent.size >= MAX_TARGETS) target = '';
    let sent = this.#sent.get(target);
    if (!sent) this.#sent.set(target, (sent = { attempt, resends: 0 }));
    return sent;
  }

  /** Adds the resends before its policy began. */
  continues(target: string, resends: number): void {
    const sent = this.#sent.get(target);
    if (sent) sent.resends = resends;
  }
}

/** Which sent something. */
export interface SentAttempts {
  sentAttempts: number;
}

/** Until settled, or the next. */
export class SentAttempt {
  readonly #sends: Sends;
  readonly #policy: SentAttempts;
  readonly #number: number;
  #hasSent = false;
  #target: string | undefined;
  #resends: number | undefined;
  over = false;

  /** @param number until a span shows what was sent */
  constructor(sends: Sends, policy: SentAttempts, number: number) {
    this.#sends = sends;
    this.#policy = policy;
    this.#number = number;
  }

  get sends(): Sends {
    return this.#sends;
  }

  /** Earlier requests for the operation. */
  get resends(): number {
    return this.#resends ?? this.#number - 1;
  }

  begun(span: Span, url: string): number {
    // An attempt's further requests may be first tries.
    const least = this.#hasSent ? 0 : this.#policy.sentAttempts++;
    this.#hasSent = true;
    const query = url.indexOf('?');
    this.#target = `${String(attributeOf(span, 'http.request.method'))} ${query < 0 ? url : url.slice(0, query)}`;
    return (this.#resends = this.#sends.before(this.#target, this, least));
  }

  /** An outer loop retried its first request. */
  continues(resends: number): void {
    if (this.#target !== undefined) this.#sends.continues(this.#target, resends);
  }
}

export function withSentAttempt(where: Context, attempt: SentAttempt): Context {
  return where.setValue(ATTEMPT, attempt);
}

/** The innermost running attempt. */
export function sentAttemptOf(where: Context): SentAttempt | undefined {
  const attempt = where.getValue(ATTEMPT) as SentAttempt | undefined;
  return attempt?.over ? undefined : attempt;
}
