import type { Caller, Run } from '@foreshock/kit';

/** Text that travels with a message, beside its payload: `traceparent` and its kin. */
export type Carrier = Readonly<Record<string, string>>;

/** A call that hands one or more messages to a queue, a topic or an exchange. */
export interface Sending {
  /** `messaging.system` of the semantic conventions: `pg-boss`, `bullmq`, `rabbitmq`, `kafka`. */
  system: string;
  /** Where to; undefined when one call serves several destinations. */
  destination: string | undefined;
  /** The library's own word for the call: `send`, `insert`, `addBulk`. */
  operation: string;
  /** What the destination routes by, when that is not its name. */
  routingKey?: string | undefined;
  /** How many messages. */
  count: number;
}

/** A call that sends, under way; the library's own code runs as part of the sending. */
export interface Send extends Pick<Caller, 'run'> {
  /**
   * To be put into the metadata of each message, never into an object of the caller's; undefined when
   * nothing needs to travel.
   */
  readonly carrier: Carrier | undefined;
  /**
   * The broker has it.
   *
   * @param count how many messages it took, when it says so; default all
   * @param id its id of the message, when one was sent
   */
  sent(count?: number, id?: string): void;
  failed(error: unknown): void;
}

/** A message as it comes out of a queue. */
export interface Message {
  id?: string | undefined;
  /**
   * What the sending side put into its metadata, or whatever else is found there, text or bytes: it is checked here,
   * not by the adapter.
   */
  carrier?: Readonly<Record<string, unknown>> | undefined;
  /** When it was sent, milliseconds since 1970, by any clock. */
  sentAt?: number | undefined;
  /** Between being due and now, when that can be told. */
  waitMs?: number | undefined;
  /** Between being sent and being due at the earliest. */
  delayMs?: number | undefined;
  /** One of a series: every run of a repeating job carries what its first sender wrote. */
  repeated?: boolean | undefined;
  /** 1 = first. */
  attempt?: number | undefined;
  maxAttempts?: number | undefined;
  /** Where it is, in a log of messages that have no ids. */
  partition?: number | undefined;
  offset?: string | undefined;
}

/** What a handler is called with: one message, or a batch. */
export interface Delivery {
  /** As in {@link Sending}. */
  system: string;
  /** The queue or topic it comes out of. */
  destination: string;
  /** Consumer group. */
  group?: string | undefined;
  messages: readonly Message[];
}

/** How handling a message ended, when not well. */
export interface Failure {
  error: unknown;
  /** Default: the error's code or class. `timeout` when the library gave up waiting for the handler. */
  type?: string | undefined;
  /** The message goes to a dead letter queue: nobody tries again. */
  deadLettered?: boolean | undefined;
}

/**
 * What the application told the broker of a message: `auto`, it asked for messages that count as done when they are
 * delivered. After `requeue` and `reject` the broker still has it, or has given it up.
 */
export type Settlement = 'ack' | 'auto' | 'complete' | 'commit' | 'requeue' | 'reject';

/** A handler at work on a delivery; it, and listeners to its end, run in the sender's trace, whatever surrounds them. */
export interface Processing extends Pick<Caller, 'run'> {
  /** The broker was told what to do with the message, by the handler and not by its end; the first answer counts. */
  settled(how: Settlement): void;
  /** The handler has ended; only the first end counts. */
  succeeded(): void;
  failed(failure: Failure): void;
}

/** A message taken out of a queue by hand: no handler, the caller says when it is done with. */
export interface Taken {
  settled(failure?: Failure): void;
}

/** What a queue adapter reports. Undefined as an answer means: leave this call alone. */
export interface QueueEvents {
  /** A call is about to send. */
  send(sending: Sending): Send | undefined;
  /**
   * What travels with messages of a call whose end cannot be watched, or with one of several kinds of a call: the
   * caller's own trace.
   *
   * @param count how many messages the call sends
   */
  carrier(destination: string, count?: number): Carrier | undefined;
  /** A handler is about to be called. */
  process(delivery: Delivery): Processing | undefined;
  /**
   * Messages were fetched by hand.
   *
   * @param since when they were asked for, `performance.now()`
   * @returns one for each message, in their order
   */
  received(delivery: Delivery, since: number): readonly Taken[] | undefined;
  /** Runs work that is the library's own and nobody's request, polling and upkeep, so that it makes no traces. */
  background: Run;
  /** Runs a command of the library's own that somebody asked for: outside a trace it makes no span. */
  housekeeping: Run;
  /** Runs code of the application that the library calls from such work, such as a listener. */
  foreground: Run;
  /** What runs listeners of an event that the library has read from the server: nothing of the job that it tells of. */
  event(destination: string): Pick<Caller, 'run'>;
  /** Runs a part of a call that has a span, where that part would show nothing that the call's span does not: it makes none. */
  quietly: Run;
  /** Goes on in this process with what another one does: a handler's part in a process of its own. */
  continuing(carrier: Message['carrier']): Pick<Caller, 'run'> | undefined;
}
