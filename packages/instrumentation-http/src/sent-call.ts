import { propagation, SpanStatusCode, trace, type Context, type Span, type TextMapSetter } from '@opentelemetry/api';
import { addCommon, errorMessageOf, errorTypeOf, roundMs, runIn } from '@foreshock/kit';
import {
  HTTP_CONNECTION_REUSED,
  HTTP_PHASE_CONNECT_MS,
  HTTP_PHASE_DNS_MS,
  HTTP_PHASE_DOWNLOAD_MS,
  HTTP_PHASE_QUEUE_MS,
  HTTP_PHASE_TLS_MS,
  HTTP_PHASE_TTFB_MS,
  HTTP_TIMEOUT_MS,
  HTTP_TIMEOUT_PHASE,
} from '@foreshock/kit/names';
import { authorityOf, peerAttributes, urlOf } from './client-attributes.ts';
import type { ClientMetrics } from './client-metrics.ts';
import { Downloads, type Download } from './downloads.ts';
import type { HeaderSink, Peer, Phase, Sent, SentRequest } from './events.ts';
import { isAbort, isLetGo, isTimeOut } from './given-up.ts';

const SETTER: TextMapSetter<HeaderSink> = { set: (headers, name, value) => headers.set(name, value) };

/** Below this a call did not wait for a socket: it was handed over in the next tick. */
const QUEUED_MS = 1;

const ORDER: readonly Phase[] = ['queue', 'dns', 'connect', 'tls', 'ttfb', 'download'];

const PHASE_MS: Readonly<Record<Phase, string>> = {
  queue: HTTP_PHASE_QUEUE_MS,
  dns: HTTP_PHASE_DNS_MS,
  connect: HTTP_PHASE_CONNECT_MS,
  tls: HTTP_PHASE_TLS_MS,
  ttfb: HTTP_PHASE_TTFB_MS,
  download: HTTP_PHASE_DOWNLOAD_MS,
};

const downloads = new Downloads();

/** One call of a server, from the caller's wish to the last byte of the response. */
export class SentCall implements Sent, Download {
  readonly #span: Span;
  readonly #context: Context;
  readonly #request: SentRequest;
  /** Undefined: the span is another instrumentation's, which ends it and sends its headers; we add what it lacks. */
  readonly #metrics: ClientMetrics | undefined;
  readonly #propagateTo: ((host: string) => boolean) | undefined;
  readonly #started: number;
  #phase: Phase = 'queue';
  #phaseStarted: number;
  #statusCode: number | undefined;
  #httpVersion: string | undefined;
  #peer: Peer | undefined;
  #givenUp = false;
  #limitMs: number | undefined;
  #ended = false;
  // Of its place among the downloads.
  bytesSeen = -1;
  before: Download | undefined;
  after: Download | undefined;

  constructor(
    span: Span,
    where: Context,
    request: SentRequest,
    metrics: ClientMetrics | undefined,
    propagateTo: ((host: string) => boolean) | undefined,
  ) {
    this.#span = span;
    this.#context = where;
    this.#request = request;
    this.#metrics = metrics;
    this.#propagateTo = propagateTo;
    this.#started = this.#phaseStarted = request.askedAt ?? performance.now();
  }

  propagate(headers: HeaderSink): void {
    if (!this.#metrics || this.#propagateTo?.(authorityOf(this.#request)) === false) return;
    propagation.inject(trace.setSpan(this.#context, this.#span), headers, SETTER);
  }

  run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R {
    return this.#metrics ? runIn(this.#context, fn, self, args) : Reflect.apply(fn, self, args);
  }

  entered(phase: Phase, at: number = performance.now()): void {
    if (this.#ended || ORDER.indexOf(phase) <= ORDER.indexOf(this.#phase)) return;
    this.#passed(at);
    this.#phase = phase;
  }

  #passed(at: number): void {
    const phase = this.#phase;
    // A connection may have been begun before this call was there to want it.
    const ms = Math.max(0, at - this.#phaseStarted);
    this.#phaseStarted += ms;
    if (phase === 'queue' && ms < QUEUED_MS) return;
    this.#span.setAttribute(PHASE_MS[phase], roundMs(ms));
    this.#metrics?.passed(phase, ms, this.#request);
  }

  connected(peer: Peer, httpVersion?: string): void {
    this.#peer = peer;
    if (this.#ended) return;
    if (httpVersion !== undefined) this.#spoke(httpVersion);
    const known = peerAttributes(peer);
    if (!known) return;
    addCommon(this.#span, known);
    const { remotePort } = peer;
    if (remotePort === undefined || this.#request.port !== undefined) return;
    this.#span.setAttribute('server.port', remotePort);
    this.#span.setAttribute('url.full', urlOf(this.#request, remotePort));
  }

  #spoke(httpVersion: string): void {
    this.#httpVersion = httpVersion;
    this.#span.setAttribute('network.protocol.version', httpVersion);
  }

  reused(): void {
    this.#span.setAttribute(HTTP_CONNECTION_REUSED, true);
  }

  responded(statusCode: number, httpVersion?: string): void {
    if (this.#ended) return;
    this.#statusCode = statusCode;
    this.#span.setAttribute('http.response.status_code', statusCode);
    if (httpVersion !== undefined) this.#spoke(httpVersion);
    this.entered('download');
    downloads.begun(this);
  }

  get bytesRead(): number | undefined {
    return this.#peer?.bytesRead;
  }

  abandoned(): void {
    // Out of `download`, which has no end that could be measured.
    this.#phase = 'ttfb';
    this.ended();
  }

  ended(): void {
    // Given up without an error: the application had read what it wanted, unless its patience ran out.
    if (this.#limitMs !== undefined) return this.#timedOut(undefined);
    const status = this.#statusCode;
    if (status === undefined && !this.#ended) return this.#fail('cancelled', undefined);
    this.#end(status !== undefined && status >= 400 ? String(status) : undefined, undefined);
  }

  givenUp(afterMs: number | undefined): void {
    this.#givenUp = true;
    this.#limitMs ??= afterMs;
  }

  failed(error: unknown, limitMs?: number): void {
    this.#limitMs ??= limitMs;
    if (this.#limitMs !== undefined || isTimeOut(error)) return this.#timedOut(error);
    if (!this.#givenUp || !isLetGo(error)) return this.#fail(errorTypeOf(error), error);
    // `break` in a loop over the response, or `destroy` in the middle of it: the application had read enough.
    if (this.#statusCode !== undefined && !isAbort(error)) return this.ended();
    this.#fail('cancelled', error);
  }

  #timedOut(error: unknown): void {
    if (!this.#ended) {
      if (this.#limitMs !== undefined) this.#span.setAttribute(HTTP_TIMEOUT_MS, Math.round(this.#limitMs));
      this.#span.setAttribute(HTTP_TIMEOUT_PHASE, this.#phase);
    }
    this.#fail('timeout', error);
  }

  #fail(errorType: string, error: unknown): void {
    this.#end(errorType, errorMessageOf(error));
  }

  #end(errorType: string | undefined, message: string | undefined): void {
    if (this.#ended) return;
    if (this.#phase === 'download') this.#passed(performance.now());
    this.#ended = true;
    downloads.ended(this);
    if (!this.#metrics) return;
    if (errorType !== undefined) {
      this.#span.setAttribute('error.type', errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(message && { message }) });
    }
    this.#span.end();
    this.#metrics.ended(this.#started, this.#request, {
      port: this.#request.port ?? this.#peer?.remotePort,
      statusCode: this.#statusCode,
      httpVersion: this.#httpVersion,
      errorType,
    });
  }
}
