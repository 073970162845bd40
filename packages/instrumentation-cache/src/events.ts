import type { Context } from '@opentelemetry/api';
import type { ServerErrors, TimeOutPhase } from '@foreshock/kit';

/** Where a client's connection leads. One object a connection, as long as nothing of it changes. */
export interface CacheServer {
  /** `db.system.name` of the semantic conventions: `redis`. */
  system: string;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  /** How its errors are read, as its client throws them. */
  readonly errors: ServerErrors;
}

/** One command, as it goes to the server. */
export interface CommandDescription {
  /** `db.operation.name`: `GET`. */
  readonly operation: string;
  /** The first key, as the server gets it. */
  readonly key: string | undefined;
  /** What it looks up or fills, if it is one thing: the key, or a field behind it. */
  readonly entry: string | undefined;
  /** What the client puts before every key; it stays in the key's shape. */
  readonly keyPrefix: string | undefined;
  /** There are arguments behind the first key, or arguments and no key. */
  readonly hasMore: boolean;
  /** How many keys it looks up; 0 = it is no lookup. */
  readonly lookups: number;
  /** It puts something behind its key. */
  readonly fills: boolean;
  /** It waits for what others will do: its time says nothing about the server. */
  readonly blocks: boolean;
  /** It only asks whether the server is there. */
  readonly keepsAlive: boolean;
  /** Keys found, going by the reply; undefined when the reply is none of a lookup. */
  hitsIn(reply: unknown): number | undefined;
}

/** A command under way. */
export interface Command {
  /** The connection it goes out on, when that was not known at the start, or is another one now. */
  sentTo(server: CacheServer): void;
  succeeded(reply: unknown): void;
  failed(error: unknown): void;
  /** A limit of the client's own ran out while it waited for a connection, or for the answer. */
  timedOut(error: unknown, phase?: TimeOutPhase): void;
  /** The client did not take it; the caller's error cannot be seen, its class can be told. */
  refused(errorType: string): void;
}

/** Commands that went out together, answered together. */
export interface Batch {
  sentTo(server: CacheServer): void;
  /** @param replies one a command, an error among them; none when a transaction was aborted: nobody has looked */
  answered(replies: readonly unknown[]): void;
  failed(error: unknown): void;
}

/** A lookup in the process; `coalesced`: it missed, and waits for a load that another caller began. */
export type LocalOutcome = 'hit' | 'miss' | 'coalesced';

/** What a cache adapter reports. Undefined as an answer means: leave this call alone. */
export interface CacheEvents {
  /** Whether commands sent here are of interest; asked first, since to describe one costs more than to ask. */
  readonly wantsCommands: boolean;
  /**
   * A caller sends a command that is wanted; where to may become known later, see {@link Command.sentTo}.
   *
   * @param connection what a pool would have handed out, if it may be of one
   */
  command(server: CacheServer, command: CommandDescription, connection?: object): Command | undefined;
  /** A caller sends several commands at once, which are wanted: a pipeline, or a transaction. One is no batch. */
  batch(
    server: CacheServer,
    kind: 'PIPELINE' | 'MULTI',
    commands: readonly CommandDescription[],
    connection?: object,
  ): Batch | undefined;
  /** A caller looked into a cache of this process. Cheap, and never throws. */
  lookup(cache: object, name: string, key: unknown, outcome: LocalOutcome): void;
  /** A caller put something behind a key of a cache of this process. Cheap, and never throws. */
  filled(cache: object, key: unknown): void;
  /**
   * A message that was published is about to be given to its listeners.
   *
   * @param channel asked for when something in them is traced
   * @returns where they run; undefined where they are
   */
  message(channel: () => string): Context | undefined;
}
