/** A request that reached a server, as `node:http` hands it to its listener. */
export interface ReceivedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly remotePort?: number | undefined;
    /** True for TLS. */
    readonly encrypted?: boolean | undefined;
  };
}

/** Somewhere in the application, to come back to. */
export interface Place {
  run<A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R;
}

/** A request being served; handlers and listeners of the application run in it. */
export interface Served extends Place {
  /** What the response's `x-trace-id` header says; undefined: no header. */
  readonly traceText: string | undefined;
  /** The response has been handed over whole. */
  finished(statusCode: number | undefined): void;
  /**
   * The connection went away before that.
   *
   * @param statusCode undefined when not even the head of the response was sent
   * @param reason for `error.type`: `client_disconnected`, or why the server let go
   */
  aborted(statusCode: number | undefined, reason: string): void;
}

/** A request about to be sent. */
export interface SentRequest {
  readonly method: string;
  readonly scheme: string;
  /** As the caller named it, IPv6 without brackets. */
  readonly host: string;
  /** Undefined when only the connection will tell. */
  readonly port: number | undefined;
  /** Path and query; or an absolute URL, on its way to a proxy. */
  readonly target: string;
  readonly userAgent: string | undefined;
  /** When it was asked for, of `performance.now()`, if that was before now. */
  readonly askedAt?: number | undefined;
}

/** Takes the headers that carry the trace to the other side. */
export interface HeaderSink {
  set(name: string, value: string): void;
}

/** The far end of the connection a request went over. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Grows with what comes in, whoever it is for. */
  readonly bytesRead?: number | undefined;
}

/**
 * What a request can be waiting for, in this order: a socket of the agent's, the address of the host, a
 * connection, its encryption, the first byte of the response, the rest of it. A reused connection skips three.
 */
export type Phase = 'queue' | 'dns' | 'connect' | 'tls' | 'ttfb' | 'download';

/** A request that is under way to a server, in the phase `queue` at first; callbacks run where it was made. */
export interface Sent extends Place {
  /** Writes the headers that carry the trace, if the host may have them. */
  propagate(headers: HeaderSink): void;
  /**
   * The phase before it is over.
   *
   * @param at of `performance.now()`, default now
   */
  entered(phase: Phase, at?: number): void;
  /**
   * It goes over this connection.
   *
   * @param httpVersion `1.1` or `2`, when it is known before the response
   */
  connected(peer: Peer, httpVersion?: string): void;
  /** It goes over a connection that was open before. */
  reused(): void;
  /** The head of the response is here. */
  responded(statusCode: number, httpVersion?: string): void;
  /** The response has been received whole, or nobody will read the rest of it. */
  ended(): void;
  /**
   * The application lets go of it; {@link failed} follows, or {@link ended} when it has read enough.
   *
   * @param afterMs the timer that did it ran this long; undefined: no timer, somebody cancelled
   */
  givenUp(afterMs: number | undefined): void;
  /** @param limitMs a time-out of the library's own ran out */
  failed(error: unknown, limitMs?: number): void;
}

/** What an adapter of a server, a client or a web framework reports. Undefined as an answer means: leave it alone. */
export interface HttpEvents {
  /** A server received a request; asked before the application's handler runs. */
  received(request: ReceivedRequest): Served | undefined;
  /** A client was asked for a request; asked where the caller is. */
  sending(request: SentRequest): Sent | undefined;
  /** Where this code runs. */
  here(): Place;
  /**
   * The framework knows the route of a request: `/orders/:id`.
   *
   * @param request the `http.IncomingMessage` the framework was given
   */
  routed(request: object, route: string): void;
  /** What a response's `x-trace-id` header says when its request was not {@link received} by us. */
  traceTextHere(): string | undefined;
}
