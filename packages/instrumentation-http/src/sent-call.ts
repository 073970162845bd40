import { SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import {
  addCommon,
  clientAnswered,
  errorMessageOf,
  errorTypeOf,
  noteDegraded,
  peerOf,
  receivedHere,
  roundMs,
  sendTrace,
  setRequestContent,
  type OutgoingHeaders,
  type RequestContent,
  type UntrustedHeaders,
} from '@foreshock/kit';
import {
  HTTP_CONNECTION_REUSED,
  HTTP_REQUEST_CANCELLED,
  HTTP_TIMEOUT_MS,
  HTTP_TIMEOUT_PHASE,
} from '@foreshock/kit/names';
import { authorityOf, peerAttributes, urlOf } from './client-attributes.ts';
import type { ClientMetrics } from './client-metrics.ts';
import { Downloads, type Download } from './downloads.ts';
import type { Peer, Phase, Sent, SentRequest } from './events.ts';
import { CallStart, isAbort, isLetGo, isTimeOut } from './given-up.ts';
import { PHASE_MS, Phases } from './phases.ts';
import { RequestBody } from './request-body.ts';
import { saysStale } from './stale.ts';

const USUAL_VERSION = '1.1';
/** Silent this long, it is unread. */
const downloads = new Downloads(60_000);
/** Retries need failures soon. */
const failures = new Downloads(10);

export interface CallOptions {
  readonly metrics: ClientMetrics;
  readonly propagateTo: ((host: string) => boolean) | undefined;
  readonly trustIncoming: boolean;
  readonly untrusted: UntrustedHeaders | undefined;
}

export class SentCall implements Sent, Download, RequestContent {
  readonly #span: Span;
  readonly #context: Context;
  readonly #request: SentRequest;
  /** Undefined: another's span, which only gets attributes. */
  readonly #options: CallOptions | undefined;
  readonly #began: number;
  readonly #start: CallStart;
  readonly #phases: Phases;
  #statusCode: number | undefined;
  #httpVersion: string | undefined;
  #peer: Peer | undefined;
  #body: RequestBody | undefined;
  #givenUp = false;
  #limitMs: number | undefined;
  #ended = false;
  // Fields of {@link Download}.
  bytesSeen = -1;
  before: Download | undefined;
  after: Download | undefined;

  constructor(span: Span, where: Context, request: SentRequest, options: CallOptions | undefined) {
    this.#span = span;
    this.#context = where;
    this.#request = request;
    this.#options = options;
    this.#began = request.askedAt ?? performance.now();
    this.#start = (request.start as CallStart | undefined) ?? new CallStart();
    this.#phases = new Phases(this.#began);
    setRequestContent(span, this);
  }

  get span(): Span {
    return this.#span;
  }

  wrote(chunk: unknown): void {
    (this.#body ??= new RequestBody()).wrote(chunk);
  }

  get target(): string {
    return this.#request.target;
  }

  get bodyDigest(): string | undefined {
    const { reader, message } = this.#request;
    if (!reader.hasWholeBody(message, this.#body?.length ?? 0)) return undefined;
    return this.#body ? this.#body.digest : '';
  }

  headers(): Iterable<readonly [name: string, value: string]> {
    return this.#request.reader.headersOf(this.#request.message);
  }

  propagate(headers: OutgoingHeaders): void {
    this.#start.asked();
    const options = this.#options;
    if (!options) return;
    const { trustIncoming, propagateTo, untrusted } = options;
    const allowed = propagateTo?.(authorityOf(this.#request)) !== false;
    const received = (): readonly string[] | undefined => receivedHere(this.#context);
    sendTrace(trace.setSpan(this.#context, this.#span), headers, { allowed, trustIncoming, received, untrusted });
  }

  get context(): Context | undefined {
    return this.#options && this.#context;
  }

  entered(phase: Phase, at: number = performance.now()): void {
    if (this.#ended || !this.#phases.isAhead(phase)) return;
    const { current } = this.#phases;
    const ms = this.#leavePhase(at);
    if (ms !== undefined) this.#options?.metrics.passed(current, ms, this.#request, this.#context, this.#span);
    this.#phases.current = phase;
  }

  #leavePhase(at: number): number | undefined {
    const ms = this.#phases.leave(at);
    if (ms !== undefined) this.#span.setAttribute(PHASE_MS[this.#phases.current], roundMs(ms));
    return ms;
  }

  connected(peer: Peer, httpVersion?: string): void {
    this.#peer = peer;
    if (this.#ended) return;
    if (httpVersion !== undefined) this.#spoke(httpVersion);
    const { remoteAddress, remotePort } = peer;
    const { host, port } = this.#request;
    const isRepeated = remoteAddress === host && (port === undefined || remotePort === port);
    const known = isRepeated ? undefined : peerAttributes(peer);
    if (known) addCommon(this.#span, known);
    if (remotePort === undefined || port !== undefined) return;
    this.#span.setAttribute('server.port', remotePort);
    const url = urlOf(this.#request, remotePort);
    if (url !== undefined) this.#span.setAttribute('url.full', url);
  }

  #spoke(httpVersion: string): void {
    this.#httpVersion = httpVersion;
    // Jaeger shows 16 attributes: what nearly all have hides others.
    if (httpVersion !== USUAL_VERSION) this.#span.setAttribute('network.protocol.version', httpVersion);
  }

  reused(): void {
    this.#span.setAttribute(HTTP_CONNECTION_REUSED, true);
  }

  responded(statusCode: number, httpVersion?: string, rawHeaders?: unknown): void {
    if (this.#ended) return;
    if (saysStale(rawHeaders)) this.#gotStale();
    this.#statusCode = statusCode;
    this.#span.setAttribute('http.response.status_code', statusCode);
    if (httpVersion !== undefined) this.#spoke(httpVersion);
    clientAnswered(this.#span, statusCode);
    this.entered('download');
    (statusCode >= 400 ? failures : downloads).begun(this);
  }

  #gotStale(): void {
    const { host: address, port } = this.#request;
    noteDegraded(this.#context, 'stale', peerOf({ system: 'http', address, port }));
  }

  get bytesRead(): number | undefined {
    return this.#peer?.bytesRead;
  }

  abandoned(): void {
    // The end is unknown.
    this.#end(this.#statusError(), undefined, false);
  }

  ended(): void {
    // Read enough, or the limit expired.
    if (this.#limitMs !== undefined) return this.#timedOut(undefined);
    if (this.#statusCode === undefined) return this.cancelled();
    this.#end(this.#statusError(), undefined);
  }

  cancelled(): void {
    if (this.#limitMs !== undefined) return this.#timedOut(undefined);
    if (!this.#ended) this.#span.setAttribute(HTTP_REQUEST_CANCELLED, true);
    this.#end(this.#statusError(), undefined);
  }

  #statusError(): string | undefined {
    const status = this.#statusCode;
    return status !== undefined && status >= 400 ? String(status) : undefined;
  }

  started(): void {
    this.#start.continued();
  }

  timeOutAnnounced(): void {
    this.#start.announced();
  }

  closedOnTimeOut(): void {
    this.#limitMs ??= this.#start.announcedMs;
  }

  givenUp(error: unknown): void {
    if (this.#givenUp) return;
    this.#givenUp = true;
    this.#limitMs = this.#start.limitHere(error);
  }

  failed(error: unknown, limitMs?: number): void {
    if (limitMs !== undefined) this.#limitMs = limitMs;
    if (this.#limitMs !== undefined || isTimeOut(error)) return this.#timedOut(error);
    // Only applications abort, also before sending.
    if (this.#givenUp ? isLetGo(error) : isAbort(error)) return this.cancelled();
    this.#fail(errorTypeOf(error), error);
  }

  #timedOut(error: unknown): void {
    if (!this.#ended) {
      if (this.#limitMs !== undefined) this.#span.setAttribute(HTTP_TIMEOUT_MS, Math.round(this.#limitMs));
      this.#span.setAttribute(HTTP_TIMEOUT_PHASE, this.#phases.current);
    }
    this.#fail('timeout', error);
  }

  #fail(errorType: string, error: unknown): void {
    this.#end(errorType, errorMessageOf(error));
  }

  #end(errorType: string | undefined, message: string | undefined, downloaded = true): void {
    if (this.#ended) return;
    // A failed connection took time; a missing byte did not.
    if (this.#phases.isOfConnection || (downloaded && this.#phases.current === 'download')) {
      this.#leavePhase(performance.now());
    }
    this.#ended = true;
    downloads.ended(this);
    failures.ended(this);
    const options = this.#options;
    if (!options) return;
    if (errorType !== undefined) {
      this.#span.setAttribute('error.type', errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(message && { message }) });
    }
    this.#span.end();
    const outcome = {
      port: this.#request.port ?? this.#peer?.remotePort,
      statusCode: this.#statusCode,
      httpVersion: this.#httpVersion,
      errorType,
    };
    options.metrics.ended(this.#began, this.#request, outcome, this.#context, this.#span);
  }
}
