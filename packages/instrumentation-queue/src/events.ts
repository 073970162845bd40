import type { Caller, Run } from '@foreshock/kit';

/** Text metadata of a message, such as `traceparent`. */
export type Carrier = Readonly<Record<string, string>>;

export interface Sending {
  /** `messaging.system` of the semantic conventions: `pg-boss`, `bullmq`, `rabbitmq`, `kafka`. */
  system: string;
  /** Undefined for several destinations. */
  destination: string | undefined;
  /** The library's name: `send`, `insert`, `addBulk`. */
  operation: string;
  /** Only when not the destination's name. */
  routingKey?: string | undefined;
  count: number;
}

/** Library code runs within it. */
export interface Send extends Pick<Caller, 'run'> {
  /** For the message's metadata, never the caller's objects; undefined: nothing. */
  readonly carrier: Carrier | undefined;
  /**
   * @param count accepted messages; default all
   * @param id the broker's id of a single message
   */
  sent(count?: number, id?: string): void;
  failed(error: unknown): void;
}

export interface Message {
  id?: string | undefined;
  /** Text or bytes, unvalidated. */
  carrier?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since 1970, by any clock. */
  sentAt?: number | undefined;
  /** Milliseconds since due, if known. */
  waitMs?: number | undefined;
  /** Milliseconds from send to due. */
  delayMs?: number | undefined;
  /** Every run carries the first sender's trace. */
  repeated?: boolean | undefined;
  /** 1 = first. */
  attempt?: number | undefined;
  maxAttempts?: number | undefined;
  /** Position in a log without message ids. */
  partition?: number | undefined;
  offset?: string | undefined;
}

export interface Delivery {
  /** As in {@link Sending}. */
  system: string;
  /** Queue or topic. */
  destination: string;
  /** Consumer group. */
  group?: string | undefined;
  messages: readonly Message[];
}

export interface Failure {
  error: unknown;
  /** Default: the error's code or class. `timeout` when the library stopped waiting. */
  type?: string | undefined;
  /** No attempt follows. */
  deadLettered?: boolean | undefined;
}

/** `auto`: settled on delivery. After `requeue` the broker keeps it, after `reject` it drops or dead-letters it. */
export type Settlement = 'ack' | 'auto' | 'complete' | 'commit' | 'requeue' | 'reject';

/** It and completion listeners run in the sender's trace. */
export interface Processing extends Pick<Caller, 'run'> {
  /** Settled before the handler ended; the first call counts. */
  settled(how: Settlement): void;
  /** Only the first end counts. */
  succeeded(): void;
  failed(failure: Failure): void;
}

/** A manually fetched message. */
export interface Taken {
  settled(failure?: Failure): void;
}

/** Undefined: the call is not observed. */
export interface QueueEvents {
  send(sending: Sending): Send | undefined;
  /**
   * The caller's trace, where no end is observable or kinds are mixed.
   *
   * @param count messages in the call
   */
  carrier(destination: string, count?: number): Carrier | undefined;
  process(delivery: Delivery): Processing | undefined;
  /**
   * @param since `performance.now()` of the request
   * @returns one per message, in order
   */
  received(delivery: Delivery, since: number): readonly Taken[] | undefined;
  /** For polling and maintenance: no traces. */
  background: Run;
  /** Library commands: no span outside a trace. */
  housekeeping: Run;
  /** Application code called from background work. */
  foreground: Run;
  /** For listeners to a server's events, outside the job's trace. */
  event(destination: string): Pick<Caller, 'run'>;
  /** No spans: the call's span shows the same. */
  quietly: Run;
  /** For the sandboxed part of a handler. */
  continuing(carrier: Message['carrier']): Pick<Caller, 'run'> | undefined;
}
