import { createContextKey, type Context, type Span } from '@opentelemetry/api';
import { attributeOf } from '@foreshock/kit';

const ATTEMPT = createContextKey('foreshock.attempt');

/** Targets of one operation that are counted apart; more share a count. */
const MAX_TARGETS = 64;

interface Sent {
  attempt: SentAttempt;
  resends: number;
}

/**
 * What one operation has sent so far, with all policies in one another that try it again: an attempt that an open
 * breaker refused sent nothing, and the attempt after it is no resend.
 */
export class Sends {
  /** Which request this is for the callers of the one being served: 1, or what they say. */
  readonly upstream: number;
  readonly #sent = new Map<string, Sent>();

  constructor(upstream = 1) {
    this.upstream = upstream;
  }

  /**
   * @param least it is sent again as often, whatever was sent before: how many attempts of its policy have sent something
   * @returns how many requests were sent before for the same operation
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

  /** The operation had been sent as often before its policy began. */
  continues(target: string, resends: number): void {
    const sent = this.#sent.get(target);
    if (sent) sent.resends = resends;
  }
}

/** How many attempts of one policy have sent something. */
export interface SentAttempts {
  sentAttempts: number;
}

/** One attempt of a policy, until it has failed, succeeded or been followed by the next. */
export class SentAttempt {
  readonly #sends: Sends;
  readonly #policy: SentAttempts;
  readonly #number: number;
  #hasSent = false;
  #target: string | undefined;
  #resends: number | undefined;
  over = false;

  /** @param number of the attempt: what counts while no span tells what was sent */
  constructor(sends: Sends, policy: SentAttempts, number: number) {
    this.#sends = sends;
    this.#policy = policy;
    this.#number = number;
  }

  get sends(): Sends {
    return this.#sends;
  }

  /** Requests sent before the latest of this attempt, for the same operation. */
  get resends(): number {
    return this.#resends ?? this.#number - 1;
  }

  /** A request of it begins. */
  begun(span: Span, url: string): number {
    // What follows in the same attempt is another request of the operation, and may be sent for the first time.
    const least = this.#hasSent ? 0 : this.#policy.sentAttempts++;
    this.#hasSent = true;
    const query = url.indexOf('?');
    this.#target = `${String(attributeOf(span, 'http.request.method'))} ${query < 0 ? url : url.slice(0, query)}`;
    return (this.#resends = this.#sends.before(this.#target, this, least));
  }

  /** Its first request was itself a retry, by a loop around the policy. */
  continues(resends: number): void {
    if (this.#target !== undefined) this.#sends.continues(this.#target, resends);
  }
}

export function withSentAttempt(where: Context, attempt: SentAttempt): Context {
  return where.setValue(ATTEMPT, attempt);
}

/** The innermost attempt that is still made here, if one is. */
export function sentAttemptOf(where: Context): SentAttempt | undefined {
  const attempt = where.getValue(ATTEMPT) as SentAttempt | undefined;
  return attempt?.over ? undefined : attempt;
}
