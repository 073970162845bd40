/** Where spans go. */
export type Destination = OtlpDestination | ZipkinDestination | ConsoleDestination;

/** Any OTLP/HTTP receiver: Jaeger, a collector, a vendor. */
export interface OtlpDestination {
  readonly kind: 'otlp';
  /** The whole URL, usually ending in `/v1/traces`; a user and password in it become basic authentication. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default `http/protobuf`. */
  readonly protocol?: 'http/protobuf' | 'http/json' | undefined;
  /** Default `none`. */
  readonly compression?: 'gzip' | 'none' | undefined;
  /** One attempt, from connecting to the last byte of the answer; ms, default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** PEM: who may have signed the server's certificate, instead of the usual authorities. */
  readonly ca?: string | undefined;
  /** PEM: our own certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The files these were read from; read again when a connection fails, as certificates are renewed under way. */
  readonly pemFiles?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}

/** Zipkin's API v2, JSON. */
export interface ZipkinDestination {
  readonly kind: 'zipkin';
  /** The whole URL, usually ending in `/api/v2/spans`. */
  readonly url: string;
  /** As for OTLP. */
  readonly timeoutMs?: number | undefined;
}

/** One line a span on the standard output. */
export interface ConsoleDestination {
  readonly kind: 'console';
}

/** How a destination is called in messages: its URL without user, password and query. */
export function nameOf(destination: Destination): string {
  if (destination.kind === 'console') return 'console';
  try {
    const url = new URL(destination.url);
    return `${url.protocol}//${url.host}${url.pathname}`;
  } catch {
    return `the ${destination.kind} backend`;
  }
}
