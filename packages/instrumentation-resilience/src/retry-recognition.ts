import { SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { attributeOf, CLIENT_CALL, factsOf, report } from '@foreshock/kit';
import { RETRY_ATTEMPT, RETRY_DELAY_MS, RETRY_STORM, RETRY_UPSTREAM_ATTEMPTS } from '@foreshock/kit/names';
import { callEnded, callStarted } from './hand-written-loops.ts';
import { RetryStorms } from './retry-storm.ts';
import { sendsOf } from './sends.ts';
import { upstreamAttempts } from './upstream-attempts.ts';

/** What of the SDK's spans is used; the same in 2.x and 3.x. */
interface SdkSpan extends Span {
  readonly kind: SpanKind;
}

interface EndedSpan {
  readonly kind: SpanKind;
  readonly status: { readonly code: SpanStatusCode };
}

export interface RetryRecognitionConfig {
  /** More resends per first try than this, to one target within 10 s and 20 calls, are a storm. Default 0.5. */
  stormRatio?: number;
}

/**
 * Span processor that sees retries in the spans of HTTP clients, whoever makes them: loops written by hand,
 * `http.request.resend_count`, storms; and on the spans of servers what attempt of their callers they serve.
 * Add it after `FactsProcessor`.
 */
export class RetryRecognition {
  readonly #storms: RetryStorms;

  constructor({ stormRatio = 0.5 }: RetryRecognitionConfig = {}) {
    this.#storms = new RetryStorms(stormRatio);
  }

  onStart(span: Span, parent: Context): void {
    try {
      const { kind } = span as SdkSpan;
      if (kind === SpanKind.CLIENT) this.#sent(span as SdkSpan, parent);
      else if (kind === SpanKind.SERVER || kind === SpanKind.CONSUMER) received(span, parent);
    } catch (error) {
      report('recognising retries', error);
    }
  }

  #sent(span: SdkSpan, where: Context): void {
    const method = attributeOf(span, 'http.request.method');
    const url = attributeOf(span, 'url.full');
    if (typeof method !== 'string' || typeof url !== 'string') return;
    const facts = factsOf(where, SpanKind.CLIENT);
    const attempt = facts?.[RETRY_ATTEMPT];
    let delayMs = facts?.[RETRY_DELAY_MS];
    let resends: number;
    if (attempt === undefined) {
      const parent = trace.getSpan(where);
      const repeats = parent && callStarted(span, parent, method, url);
      if (repeats) span.setAttributes(repeats);
      resends = ((repeats?.[RETRY_ATTEMPT] as number | undefined) ?? 1) - 1;
      delayMs = repeats?.[RETRY_DELAY_MS];
    } else {
      resends = sendsOf(where)?.before(Number(attempt)) ?? Number(attempt) - 1;
    }
    if (resends > 0) span.setAttribute('http.request.resend_count', resends);
    const storm = this.#storms.sent(url, resends + 1, delayMs as number | undefined, performance.now());
    if (storm) span.addEvent(RETRY_STORM, storm);
  }

  onEnd(span: EndedSpan): void {
    try {
      if (CLIENT_CALL in span && span[CLIENT_CALL]) callEnded(span, isWorthTryingAgain(span), errorTypeOf(span));
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

function isWorthTryingAgain(span: EndedSpan): boolean {
  const code = attributeOf(span, 'http.response.status_code');
  // The status of a client's span is ERROR for any 4xx too.
  return typeof code === 'number' ? code >= 500 || code === 429 : span.status.code === SpanStatusCode.ERROR;
}

function errorTypeOf(span: EndedSpan): string | undefined {
  const type = attributeOf(span, 'error.type');
  return typeof type === 'string' ? type : undefined;
}
