import type { ItemCounts } from './records.ts';

/** What a destination takes. */
export type Signal = 'traces' | 'logs';

/** Where spans or log records are sent. */
export type Destination = OtlpDestination | ZipkinDestination | ConsoleDestination;

/** Any OTLP/HTTP receiver. */
export interface OtlpDestination {
  readonly kind: 'otlp';
  /** Default `traces`. */
  readonly signal?: Signal | undefined;
  /** Whole URL, usually of `/v1/traces` or `/v1/logs`; user and password become basic authentication. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default `http/protobuf`. */
  readonly protocol?: 'http/protobuf' | 'http/json' | undefined;
  /** Default `none`. */
  readonly compression?: 'gzip' | 'none' | undefined;
  /** An attempt's time-out, with connecting; ms, default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** PEM of CA certificates, instead of Node's. */
  readonly ca?: string | undefined;
  /** PEM of client certificate and key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** PEM files, read again when a connection fails. */
  readonly pemFiles?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}

/** Zipkin's API v2, JSON. */
export interface ZipkinDestination {
  readonly kind: 'zipkin';
  /** Whole URL, usually `/api/v2/spans`. */
  readonly url: string;
  /** As for OTLP. */
  readonly timeoutMs?: number | undefined;
}

/** Spans as lines on standard output. */
export interface ConsoleDestination {
  readonly kind: 'console';
}

export function signalOf(destination: Destination): Signal {
  return (destination.kind === 'otlp' && destination.signal) || 'traces';
}

/** Of a batch, for destinations of a signal. */
export function countOf({ spans, logs = 0 }: ItemCounts, signal: Signal): number {
  return signal === 'logs' ? logs : spans;
}

/** Destinations for which a batch has nothing, as bits by index. */
export function needless(destinations: readonly Destination[], counts: ItemCounts): number {
  let bits = 0;
  for (const [index, destination] of destinations.entries()) {
    if (countOf(counts, signalOf(destination)) === 0) bits |= 1 << index;
  }
  return bits;
}

/** Destinations for each signal, as bits by index. */
export function takersOf(destinations: readonly Destination[]): Record<Signal, number> {
  const takers = { traces: 0, logs: 0 };
  for (const [index, destination] of destinations.entries()) takers[signalOf(destination)] |= 1 << index;
  return takers;
}

/** For log lines: without user, password, query. */
export function nameOf(destination: Destination): string {
  if (destination.kind === 'console') return 'console';
  try {
    const url = new URL(destination.url);
    return `${url.protocol}//${url.host}${url.pathname}`;
  } catch {
    return `the ${destination.kind} backend`;
  }
}
