import type { Attributes, Context, Histogram, Meter, Span } from '@opentelemetry/api';
import { withSpan, type Telemetry } from '@foreshock/kit';
import { HTTP_CLIENT_CONNECT_DURATION, HTTP_CLIENT_DNS_DURATION, HTTP_CLIENT_TLS_DURATION } from '@foreshock/kit/names';
import type { Phase, SentRequest } from './events.ts';
import { knownMethod } from './method.ts';
import { durationBuckets } from './server-metrics.ts';

export interface Outcome {
  port: number | undefined;
  statusCode: number | undefined;
  httpVersion: string | undefined;
  errorType: string | undefined;
}

/** While metrics are collected. */
export class ClientMetrics {
  #calls: Histogram | undefined;
  #phases: Partial<Record<Phase, Histogram>> | undefined;

  constructor(telemetry: Telemetry) {
    telemetry.useMeter((meter: Meter) => {
      const histogram = (name: string, description: string): Histogram =>
        meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: durationBuckets } });
      this.#calls = histogram('http.client.request.duration', 'Duration of HTTP client requests.');
      this.#phases = {
        dns: histogram(HTTP_CLIENT_DNS_DURATION, 'Time to resolve the host of a new HTTP connection.'),
        connect: histogram(HTTP_CLIENT_CONNECT_DURATION, 'Time to connect a new HTTP connection.'),
        tls: histogram(HTTP_CLIENT_TLS_DURATION, 'Time to encrypt a new HTTP connection.'),
      };
      return () => {
        this.#calls = this.#phases = undefined;
      };
    });
  }

  passed(phase: Phase, ms: number, { host, port }: SentRequest, where: Context, span: Span): void {
    const histogram = this.#phases?.[phase];
    if (!histogram) return;
    const attributes = { 'server.address': host, ...(port !== undefined && { 'server.port': port }) };
    histogram.record(ms / 1_000, attributes, withSpan(where, span));
  }

  /**
   * @param started of `performance.now()`
   * @param where the caller's
   */
  ended(
    started: number,
    { method, host }: SentRequest,
    { port, statusCode, httpVersion, errorType }: Outcome,
    where: Context,
    span: Span,
  ): void {
    if (!this.#calls) return;
    const attributes: Attributes = { 'http.request.method': knownMethod(method), 'server.address': host };
    if (port !== undefined) attributes['server.port'] = port;
    if (statusCode !== undefined) attributes['http.response.status_code'] = statusCode;
    if (httpVersion !== undefined) attributes['network.protocol.version'] = httpVersion;
    if (errorType !== undefined) attributes['error.type'] = errorType;
    this.#calls.record((performance.now() - started) / 1_000, attributes, withSpan(where, span));
  }
}
