/** Where spans are sent. */
export type Destination = OtlpDestination | ZipkinDestination | ConsoleDestination;

/** Any OTLP/HTTP receiver. */
export interface OtlpDestination {
  readonly kind: 'otlp';
  /** Whole URL, usually ending in `/v1/traces`; user and password become basic authentication. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default `http/protobuf`. */
  readonly protocol?: 'http/protobuf' | 'http/json' | undefined;
  /** Default `none`. */
  readonly compression?: 'gzip' | 'none' | undefined;
  /** Time-out of an attempt, connecting included; ms, default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** PEM of CA certificates, instead of Node's. */
  readonly ca?: string | undefined;
  /** PEM of the client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Files of the PEMs, read again when a connection fails. */
  readonly pemFiles?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}

/** Zipkin's API v2, JSON. */
export interface ZipkinDestination {
  readonly kind: 'zipkin';
  /** Whole URL, usually ending in `/api/v2/spans`. */
  readonly url: string;
  /** As for OTLP. */
  readonly timeoutMs?: number | undefined;
}

/** One line a span on standard output. */
export interface ConsoleDestination {
  readonly kind: 'console';
}

/** For log messages: no user, password or query. */
export function nameOf(destination: Destination): string {
  if (destination.kind === 'console') return 'console';
  try {
    const url = new URL(destination.url);
    return `${url.protocol}//${url.host}${url.pathname}`;
  } catch {
    return `the ${destination.kind} backend`;
  }
}
