import type { Caller, Run } from '@foreshock/kit';

/** Text metadata such as `traceparent`. */
export type Carrier = Readonly<Record<string, string>>;

export interface Sending {
  /** The semantic conventions' `messaging.system`: `pg-boss`, `bullmq`, `rabbitmq`, `kafka`. */
  system: string;
  /** Undefined for several. */
  destination: string | undefined;
  /** The library's: `send`, `insert`, `addBulk`. */
  operation: string;
  /** Unless the destination's name. */
  routingKey?: string | undefined;
  count: number;
}

/** Library code runs within. */
export interface Send extends Pick<Caller, 'run'> {
  /** For the message's metadata, never the caller's objects. */
  readonly carrier: Carrier | undefined;
  /**
   * @param count accepted messages; default all
   * @param id the broker's, of a single message
   */
  sent(count?: number, id?: string): void;
  failed(error: unknown): void;
}

export interface Message {
  id?: string | undefined;
  /** Text or bytes, unvalidated. */
  carrier?: Readonly<Record<string, unknown>> | undefined;
  /** ms since 1970, any clock. */
  sentAt?: number | undefined;
  /** Milliseconds since due, if known. */
  waitMs?: number | undefined;
  /** ms, send to due. */
  delayMs?: number | undefined;
  /** Every run carries the first sender's trace. */
  repeated?: boolean | undefined;
  /** 1 = first. */
  attempt?: number | undefined;
  maxAttempts?: number | undefined;
  /** In logs without message ids. */
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
  /** None follows. */
  deadLettered?: boolean | undefined;
}

/** `auto`: settled on delivery. After `reject` the broker drops or dead-letters it. */
export type Settlement = 'ack' | 'auto' | 'complete' | 'commit' | 'requeue' | 'reject';

/** With completion listeners, in the sender's trace. */
export interface Processing extends Pick<Caller, 'run'> {
  /** Before the handler's end; the first counts. */
  settled(how: Settlement): void;
  /** The first end counts. */
  succeeded(): void;
  failed(failure: Failure): void;
}

/** A manually fetched message. */
export interface Taken {
  settled(failure?: Failure): void;
}

/** Undefined: not observed. */
export interface QueueEvents {
  /** Its instrumentation is active: messages stay as it makes and reads them. */
  readonly isLeftToUpstream: boolean;
  send(sending: Sending): Send | undefined;
  /**
   * The caller's trace, where no end is observable.
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
  /** Polling, maintenance: no traces. */
  background: Run;
  /** Commands: spans only inside traces. */
  housekeeping: Run;
  /** Application code called from background work. */
  foreground: Run;
  /** A server's event listeners, outside the job's trace. */
  event(destination: string): Pick<Caller, 'run'>;
  /** Without spans: the call's shows it. */
  quietly: Run;
  /** A handler's sandboxed part. */
  continuing(carrier: Message['carrier']): Pick<Caller, 'run'> | undefined;
}
