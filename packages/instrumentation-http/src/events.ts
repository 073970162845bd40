import type { Caller } from '@foreshock/kit';

/** A request that reached a server, as `node:http` hands it to its listener. */
export interface ReceivedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn, as they came in: an application may change `headers`. */
  readonly rawHeaders?: readonly string[] | undefined;
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly remotePort?: number | undefined;
    /** True for TLS. */
    readonly encrypted?: boolean | undefined;
  };
}

/** A request being served; handlers and listeners of the application run in it. */
export interface Served extends Pick<Caller, 'run'> {
  /** What the response's `x-trace-id` header says; undefined: no header. */
  readonly traceText: string | undefined;
  /** The head of the response is written, with this status: what the application sets later reaches nobody. */
  answered(statusCode: number): void;
  /** The response has been handed over whole. */
  finished(): void;
  /**
   * The connection went away before that.
   *
   * @param errorType why the server let go; undefined: the caller went away
   */
  aborted(errorType: string | undefined): void;
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
  /** What {@link HttpEvents.begin} gave when it was asked for, if that was before now. */
  readonly start?: object | undefined;
  /** The library's request, and how to read it once it has been sent. */
  readonly message: object;
  readonly reader: MessageReader;
}

/** Reads what was sent, of a library's request. */
export interface MessageReader {
  headersOf(message: object): Iterable<readonly [name: string, value: string]>;
  /**
   * Whether every part of its body was reported, and it was sent to its end.
   *
   * @param length in bytes, of what was reported
   */
  hasWholeBody(message: object, length: number): boolean;
}

/** The headers of a request about to be sent; names in lower case. Changes are not seen by the application. */
export interface OutgoingHeaders {
  /** What the application has set: text, or a list of texts; undefined when it has not. */
  get(name: string): unknown;
  set(name: string, value: string): void;
  remove(name: string): void;
}

/** The far end of the connection a request went over. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Grows with what comes in, whoever it is for. */
  readonly bytesRead?: number | undefined;
}

/**
 * What a request can be waiting for, in this order: a socket of the agent's, a connection that somebody else makes (a
 * proxy's tunnel), the address of the host, a connection, its encryption, its own way to the server, the first byte of
 * the response, the rest of it. A reused connection skips four.
 */
export type Phase = 'queue' | 'proxy' | 'dns' | 'connect' | 'tls' | 'send' | 'ttfb' | 'download';

/** A request that is under way to a server, in the phase `queue` at first; callbacks run where it was made. */
export interface Sent extends Pick<Caller, 'run'> {
  /** Writes the headers that carry the trace, if the host may have them, and replaces copies of the caller's. */
  propagate(headers: OutgoingHeaders): void;
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
  /** A part of the body is sent. */
  wrote(chunk: unknown): void;
  /** It goes over a connection that was open before. */
  reused(): void;
  /** The head of the response is here. */
  responded(statusCode: number, httpVersion?: string): void;
  /** The response has been received whole. */
  ended(): void;
  /** The application has let go of it, and reads no more. */
  cancelled(): void;
  /** The client starts it in this execution; timers that are made here are the call's. */
  started(): void;
  /** The application hears here that the connection was silent for too long. */
  timeOutAnnounced(): void;
  /** It has closed the connection for that; {@link failed} follows. */
  closedOnTimeOut(): void;
  /**
   * The application lets go of it here; {@link failed} or {@link cancelled} follows.
   *
   * @param error its reason, if it gives one
   */
  givenUp(error: unknown): void;
  /** @param limitMs a time-out of the library's own ran out */
  failed(error: unknown, limitMs?: number): void;
}

/** What an adapter of a server, a client or a web framework reports. Undefined as an answer means: leave it alone. */
export interface HttpEvents {
  /** A server received a request; asked before the application's handler runs. */
  received(request: ReceivedRequest): Served | undefined;
  /** A client was asked for a request; asked where the caller is. */
  sending(request: SentRequest): Sent | undefined;
  /** A call begins here that {@link sending} will hear of later. */
  begin(): object;
  /**
   * The framework knows the route of a request: `/orders/:id`.
   *
   * @param request the `http.IncomingMessage` the framework was given
   * @param passesOn its handler may have left the request to others: it is the route unless nobody answers (404)
   */
  routed(request: object, route: string, passesOn?: boolean): void;
  /** What a response's `x-trace-id` header says when its request was not {@link received} by us. */
  traceTextHere(): string | undefined;
}
