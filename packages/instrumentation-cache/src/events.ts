import type { Context } from '@opentelemetry/api';
import type { ServerErrors, TimeOutPhase } from '@foreshock/kit';

/** A connection's target; the same object while unchanged. */
export interface CacheServer {
  /** `db.system.name`: `redis`. */
  system: string;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  readonly errors: ServerErrors;
}

export interface CommandDescription {
  /** `db.operation.name` */
  readonly operation: string;
  /** As sent. */
  readonly key: string | undefined;
  /** The key or field, if only one. */
  readonly entry: string | undefined;
  /** Kept in the key's shape. */
  readonly keyPrefix: string | undefined;
  /** Arguments after the first key, or arguments without a key. */
  readonly hasMore: boolean;
  /** Number of keys looked up. */
  readonly lookups: number;
  readonly fills: boolean;
  /** Its duration does not describe the server. */
  readonly blocks: boolean;
  readonly keepsAlive: boolean;
  /** Undefined if the reply is not a lookup's. */
  hitsIn(reply: unknown): number | undefined;
}

export interface Command {
  /** When the connection becomes known or changes. */
  sentTo(server: CacheServer): void;
  succeeded(reply: unknown): void;
  failed(error: unknown): void;
  /** A client time-out. */
  timedOut(error: unknown, phase?: TimeOutPhase): void;
  /** Never sent; only the error's class is known. */
  refused(errorType: string): void;
}

export interface Batch {
  sentTo(server: CacheServer): void;
  /** @param replies one per command; empty for an aborted transaction */
  answered(replies: readonly unknown[]): void;
  failed(error: unknown): void;
}

/** `coalesced`: missed, and waits for another caller's load. */
export type LocalOutcome = 'hit' | 'miss' | 'coalesced';

/** What a cache adapter reports. Undefined: the call is not instrumented. */
export interface CacheEvents {
  /** Read first: describing a command costs more. */
  readonly wantsCommands: boolean;
  /** @param connection possibly a pool's resource */
  command(server: CacheServer, command: CommandDescription, connection?: object): Command | undefined;
  batch(
    server: CacheServer,
    kind: 'PIPELINE' | 'MULTI',
    commands: readonly CommandDescription[],
    connection?: object,
  ): Batch | undefined;
  /** In-process lookup. Never throws. */
  lookup(cache: object, name: string, key: unknown, outcome: LocalOutcome): void;
  /** In-process write. Never throws. */
  filled(cache: object, key: unknown): void;
  /**
   * @param channel called only if needed
   * @returns the listeners' context; undefined: the current one
   */
  message(channel: () => string): Context | undefined;
}
