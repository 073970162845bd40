import type { Caller, OutgoingHeaders } from '@foreshock/kit';

export interface ReceivedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Alternating; the application may change `headers`. */
  readonly rawHeaders?: readonly string[] | undefined;
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly remotePort?: number | undefined;
    /** True for TLS. */
    readonly encrypted?: boolean | undefined;
  };
}

/** Where handlers and listeners run. */
export interface Place {
  /** Undefined: the active. */
  readonly context: Caller['context'] | undefined;
}

export interface Served extends Place {
  /** The response's `x-trace-id`, if any. */
  readonly traceText: string | undefined;
  /** Later status changes are ignored. */
  answered(statusCode: number): void;
  /** Written whole. */
  finished(): void;
  /** @param errorType why the server closed; undefined: the client */
  aborted(errorType: string | undefined): void;
}

/** What a served request asks for, in a language above HTTP. */
export interface ServedOperation {
  /** Whatever the response's status. */
  failed(error: unknown): void;
}

export interface SentRequest {
  readonly method: string;
  readonly scheme: string;
  /** IPv6 without brackets. */
  readonly host: string;
  /** Undefined until the connection is known. */
  readonly port: number | undefined;
  /** Or an absolute URL for a proxy. */
  readonly target: string;
  /** `performance.now()`, if earlier. */
  readonly askedAt?: number | undefined;
  /** From {@link HttpEvents.begin}. */
  readonly start?: object | undefined;
  /** Readable after it was sent. */
  readonly message: object;
  readonly reader: MessageReader;
}

export interface MessageReader {
  headersOf(message: object): Iterable<readonly [name: string, value: string]>;
  /**
   * Whether the body was reported and sent.
   *
   * @param length bytes reported
   */
  hasWholeBody(message: object, length: number): boolean;
}

export interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Includes other requests' bytes. */
  readonly bytesRead?: number | undefined;
}

/**
 * In order: agent's socket, a connection made elsewhere (a proxy's tunnel), DNS, TCP, TLS, sending, first byte, rest.
 */
export type Phase = 'queue' | 'proxy' | 'dns' | 'connect' | 'tls' | 'send' | 'ttfb' | 'download';

/** Starts in `queue`; callbacks have the caller's context. */
export interface Sent extends Place {
  /** To allowed hosts; replaces received copies. */
  propagate(headers: OutgoingHeaders): void;
  /** @param at of `performance.now()`, default now */
  entered(phase: Phase, at?: number): void;
  /** @param httpVersion `1.1` or `2`, if known */
  connected(peer: Peer, httpVersion?: string): void;
  wrote(chunk: unknown): void;
  /** Used before. */
  reused(): void;
  /**
   * The head came.
   *
   * @param rawHeaders names and values, alternating
   */
  responded(statusCode: number, httpVersion?: string, rawHeaders?: unknown): void;
  /** The whole response came. */
  ended(): void;
  /** It reads no more. */
  cancelled(): void;
  /** This execution's timers are the call's. */
  started(): void;
  /** The application is notified of a silent connection. */
  timeOutAnnounced(): void;
  /** {@link failed} follows. */
  closedOnTimeOut(): void;
  /** {@link failed} or {@link cancelled} follows. */
  givenUp(error: unknown): void;
  /** @param limitMs the library's expired time-out */
  failed(error: unknown, limitMs?: number): void;
}

/** Its content is private. */
export interface Message {
  readonly system: string;
  /** The application's own name for such messages; undefined if only the peer has it. */
  readonly destination: string | undefined;
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

/** A message that asks for an answer. */
export interface Question {
  readonly message: Message;
  readonly timeoutMs: number | undefined;
  /** If it may be sent again. */
  readonly attempt?: { readonly number: number; readonly most: number } | undefined;
  /** Behind others, before its first attempt. */
  readonly queuedMs?: number | undefined;
  /** Default: here. */
  readonly caller?: Pick<Caller, 'context'> | undefined;
}

/** Callbacks have the sender's context. */
export interface Asked extends Pick<Caller, 'context'> {
  /** There is no connection yet, if {@link sent} follows. */
  waits(): void;
  sent(): void;
  readonly isSent: boolean;
  answered(): void;
  /** @param error or an `error.type` */
  failed(error: unknown): void;
}

/** Undefined: ignored. */
export interface HttpEvents {
  /** Before the handler. */
  received(request: ReceivedRequest): Served | undefined;
  /** In the caller's context. */
  sending(request: SentRequest): Sent | undefined;
  /**
   * For events of a connection upgraded here.
   *
   * @param target the request's path, perhaps with a query
   */
  upgraded(exchange: Served | Sent, target: string): Place;
  /** A message is sent here, behind so many bytes that are not yet written. */
  sendingBehind(bufferedBytes: number): void;
  /** Where the handlers of a message run, that has come over a connection which belongs to no request. */
  arrived(message: Message): Place;
  asking(question: Question): Asked | undefined;
  /** {@link sending} follows later. */
  begin(): object;
  /**
   * @param route `/orders/:id`
   * @param request an `http.IncomingMessage`
   * @param passesOn no route at status 404
   */
  routed(request: object, route: string, passesOn?: boolean): void;
  /**
   * Of the request served here; its first one names it.
   *
   * @param type `query`, `mutation`, `subscription`
   * @param name the client's own
   */
  operation(type: string, name: string | undefined): ServedOperation | undefined;
  /** For an unreceived request. */
  traceTextHere(): string | undefined;
}
