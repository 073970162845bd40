import { SpanKind, SpanStatusCode, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { attributeOf, callerOf, onAnswer, report, setCaller } from '@foreshock/kit';
import {
  RETRY_ATTEMPT,
  RETRY_DELAY_MS,
  RETRY_POLICY,
  RETRY_STORM,
  RETRY_UPSTREAM_ATTEMPTS,
} from '@foreshock/kit/names';
import type { Candidate } from './callers.ts';
import {
  callAnswered,
  callFailed,
  callResent,
  callStarted,
  callSucceeded,
  mayRepeat,
  spanEnded,
  spanStarted,
} from './hand-written-loops.ts';
import { LOOP, type PossibleRepeat } from './possible-repeat.ts';
import { countStorm } from './resilience-metrics.ts';
import { RetryStorms } from './retry-storm.ts';
import { sentAttemptOf, type SentAttempt } from './sends.ts';
import { upstreamAttempts } from './upstream-attempts.ts';

/** Same in SDK 2.x and 3.x. */
interface SdkSpan extends Span {
  readonly kind: SpanKind;
  readonly status: { readonly code: SpanStatusCode };
}

export interface RetryRecognitionConfig {
  /** Resends per first try to one target, within 10 s. Default 0.5. */
  stormRatio?: number;
}

function asksForRetry(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** Some report cancelled calls as errors. */
const GIVEN_UP: ReadonlySet<string | undefined> = new Set(['cancelled', 'AbortError', 'ABORT_ERR']);

const resendsOf = new WeakMap<Span, number>();

/**
 * Span processor for retries on HTTP client spans and callers' attempts on server spans. Add it after
 * `ContextAttributesProcessor`.
 */
export class RetryRecognition {
  readonly #storms: RetryStorms;

  constructor({ stormRatio = 0.5 }: RetryRecognitionConfig = {}) {
    this.#storms = new RetryStorms(stormRatio);
    onAnswer((span, status) => {
      try {
        if (asksForRetry(status)) callFailed(span, String(status), resendsOf.get(span) ?? 0);
        else callAnswered(span);
      } catch (error) {
        report('recognising retries', error);
      }
    });
  }

  onStart(span: Span, parent: Context): void {
    try {
      const { kind } = span as SdkSpan;
      if (kind === SpanKind.CLIENT) this.#sent(span as SdkSpan, parent);
      else if (kind === SpanKind.INTERNAL) spanStarted(span, parent);
      else if (kind !== SpanKind.PRODUCER) received(span, parent);
    } catch (error) {
      report('recognising retries', error);
    }
  }

  #sent(span: SdkSpan, where: Context): void {
    const url = attributeOf(span, 'url.full');
    if (typeof url !== 'string' || typeof attributeOf(span, 'http.request.method') !== 'string') return;
    const sent = sentAttemptOf(where);
    const resends = sent?.begun(span, url) ?? 0;
    if (resends > 0) return this.#resent(span, where, url, resends);
    const now = performance.now();
    const candidates = callStarted(span, where, now);
    if (candidates) this.#open(span, url, candidates, sent);
    else this.#count(span, url, 1, undefined, false, now);
  }

  #open(span: SdkSpan, url: string, candidates: readonly Candidate[], sent: SentAttempt | undefined): void {
    mayRepeat(span, candidates, (repeat) => this.#decided(span, url, repeat, sent));
  }

  #resent(span: SdkSpan, where: Context, url: string, resends: number): void {
    callResent(span, where);
    resendsOf.set(span, resends);
    span.setAttribute('http.request.resend_count', resends);
    this.#count(span, url, resends + 1, attributeOf(span, RETRY_DELAY_MS) as number | undefined, true);
  }

  #decided(span: SdkSpan, url: string, repeat: PossibleRepeat | undefined, sent: SentAttempt | undefined): void {
    if (!repeat) return this.#count(span, url, 1, undefined, false);
    const { attempts, resends, delayMs } = repeat;
    const attributes: Attributes = { 'http.request.resend_count': resends };
    sent?.continues(resends);
    // Policies count their own.
    if (attributeOf(span, RETRY_ATTEMPT) === undefined) {
      attributes[RETRY_ATTEMPT] = attempts;
      attributes[RETRY_DELAY_MS] = delayMs;
      attributes[RETRY_POLICY] = LOOP;
      repeat.expectSummary();
    }
    span.setAttributes(attributes);
    this.#count(span, url, resends + 1, delayMs, resends > 1);
  }

  #count(
    span: Span,
    url: string,
    attempt: number,
    delayMs: number | undefined,
    isSure: boolean,
    now = performance.now(),
  ): void {
    const storm = this.#storms.sent(url, attempt, delayMs, now, isSure);
    if (!storm) return;
    span.addEvent(RETRY_STORM, storm);
    countStorm();
  }

  onEnd(ended: object): void {
    try {
      const span = ended as SdkSpan;
      if (span.kind === SpanKind.INTERNAL) return spanEnded(span);
      // No HTTP call, or failed at its head.
      if (span.kind !== SpanKind.CLIENT || callerOf(span) === undefined) return;
      const status = attributeOf(span, 'http.response.status_code');
      if (hasFailed(span, status)) callFailed(span, errorTypeOf(span), resendsOf.get(span) ?? 0);
      else if (status !== undefined) callSucceeded(span);
      setCaller(span, undefined);
    } catch (error) {
      report('recognising retries', error);
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function received(span: Span, where: Context): void {
  const attempts = upstreamAttempts(where);
  if (attempts > 1) span.setAttribute(RETRY_UPSTREAM_ATTEMPTS, attempts);
}

function hasFailed(span: SdkSpan, status: unknown): boolean {
  if (typeof status === 'number' && status >= 400) return asksForRetry(status);
  // Incomplete, not cancelled by the caller.
  return span.status.code === SpanStatusCode.ERROR && !GIVEN_UP.has(errorTypeOf(span));
}

function errorTypeOf(span: Span): string | undefined {
  const type = attributeOf(span, 'error.type');
  return typeof type === 'string' ? type : undefined;
}
