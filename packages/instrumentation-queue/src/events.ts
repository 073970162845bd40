import type { Caller, Run } from '@foreshock/kit';

/** Text metadata of a message, such as `traceparent`. */
export type Carrier = Readonly<Record<string, string>>;

/** A call that sends messages. */
export interface Sending {
  /** `messaging.system` of the semantic conventions: `pg-boss`, `bullmq`, `rabbitmq`, `kafka`. */
  system: string;
  /** Undefined for several destinations. */
  destination: string | undefined;
  /** The library's name: `send`, `insert`, `addBulk`. */
  operation: string;
  /** Only when not the destination's name. */
  routingKey?: string | undefined;
  /** Messages. */
  count: number;
}

/** A send in progress; the library's code runs within it. */
export interface Send extends Pick<Caller, 'run'> {
  /** For each message's metadata, never for the caller's objects; undefined when nothing is propagated. */
  readonly carrier: Carrier | undefined;
  /**
   * The broker accepted it.
   *
   * @param count accepted messages; default all
   * @param id the broker's id of a single message
   */
  sent(count?: number, id?: string): void;
  failed(error: unknown): void;
}

/** A received message. */
export interface Message {
  id?: string | undefined;
  /** Received metadata, text or bytes; validated here, not by adapters. */
  carrier?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since 1970, by any clock. */
  sentAt?: number | undefined;
  /** Milliseconds since due, if known. */
  waitMs?: number | undefined;
  /** Milliseconds from send to due. */
  delayMs?: number | undefined;
  /** Every run of a repeated job carries its first sender's trace. */
  repeated?: boolean | undefined;
  /** 1 = first. */
  attempt?: number | undefined;
  maxAttempts?: number | undefined;
  /** Position in a log without message ids. */
  partition?: number | undefined;
  offset?: string | undefined;
}

/** Messages of one handler call. */
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

/**
 * How the application settled the message. `auto`: settled on delivery. After `requeue` the broker keeps it, after
 * `reject` it is dropped.
 */
export type Settlement = 'ack' | 'auto' | 'complete' | 'commit' | 'requeue' | 'reject';

/** A handler's processing; it and its completion listeners run in the sender's trace. */
export interface Processing extends Pick<Caller, 'run'> {
  /** The handler settled the message before it ended; only the first call counts. */
  settled(how: Settlement): void;
  /** Only the first end counts. */
  succeeded(): void;
  failed(failure: Failure): void;
}

/** A manually fetched message. */
export interface Taken {
  settled(failure?: Failure): void;
}

/** What adapters report. Undefined means that the call is not observed. */
export interface QueueEvents {
  send(sending: Sending): Send | undefined;
  /**
   * The caller's trace, for calls whose end is not observable or that mix several kinds.
   *
   * @param count messages in the call
   */
  carrier(destination: string, count?: number): Carrier | undefined;
  process(delivery: Delivery): Processing | undefined;
  /**
   * Messages were fetched manually.
   *
   * @param since `performance.now()` of the request
   * @returns one per message, in order
   */
  received(delivery: Delivery, since: number): readonly Taken[] | undefined;
  /** Runs the library's polling and maintenance without traces. */
  background: Run;
  /** Runs a library command that creates no span outside a trace. */
  housekeeping: Run;
  /** Runs application code, such as a listener, called from background work. */
  foreground: Run;
  /** Context for listeners to an event read from the server, outside the trace of its job. */
  event(destination: string): Pick<Caller, 'run'>;
  /** Runs part of a call without spans, because the call's span shows the same. */
  quietly: Run;
  /** Continues a trace from another process: the sandboxed part of a handler. */
  continuing(carrier: Message['carrier']): Pick<Caller, 'run'> | undefined;
}
