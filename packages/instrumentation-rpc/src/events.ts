import type { OutgoingHeaders, Runner } from '@foreshock/kit';

export interface SentRpc {
  /** `/shop.Orders/Get`. */
  readonly path: string;
  /** A URI: `dns:orders:50051`. */
  readonly target: string;
  /** Milliseconds since the epoch, or Infinity. */
  readonly deadline: number;
}

export interface RpcStatus {
  /** gRPC's. */
  readonly code: number;
  readonly details?: string;
}

export interface RetryPolicy {
  readonly name: string;
  readonly maxAttempts: number;
}

/** Name resolution, or until there is a connection. */
export type Wait = 'dns' | 'connect';

/** Runs code in the caller's context. */
export interface Called extends Runner {
  /** Of the first attempt. */
  propagate(metadata: OutgoingHeaders): void;
  /** The first attempt begins with the call. */
  readonly first: Attempt;
  /** Before each attempt. */
  attempt(policy: RetryPolicy | undefined): Attempt;
  /** By the application, or with the call that it serves. */
  cancelled(): void;
  /** What the application is given. */
  ended(status: RpcStatus): void;
}

export interface Attempt {
  readonly call: Called;
  /** From 1. */
  readonly number: number;
  /** Replaces what the first one has sent. */
  propagate(metadata: OutgoingHeaders): void;
  waitsFor(what: Wait): void;
  /** Waits no more. */
  goesOn(): void;
  responded(): void;
  /** The call's status is this attempt's. */
  worked(): void;
  /** Another one was quicker: no failure. */
  discarded(): void;
  /** @param wasSent its details may be the server's */
  ended(status: RpcStatus, wasSent: boolean): void;
}

export interface ReceivedRpc {
  /** `/shop.Orders/Get`. */
  readonly path: string;
  /** The server has such a method. */
  readonly isKnown: boolean;
  readonly authority: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Alternating. */
  readonly rawHeaders: readonly string[] | undefined;
  readonly peer: string | undefined;
}

/** Runs handlers in the request's context. */
export interface Served extends Runner {
  /** The first one counts. */
  answered(code: number): void;
  /** @param isLate its deadline is over */
  finished(isLate: boolean): void;
}

/** Undefined: ignored. */
export interface RpcEvents {
  /** In the caller's context. */
  calling(sent: SentRpc): Called | undefined;
  received(request: ReceivedRpc): Served | undefined;
}
