import type { Context } from '@opentelemetry/api';
import type { ServerErrors, TimeOutPhase } from '@foreshock/kit';

/** A target; the same object while unchanged. */
export interface CacheServer {
  /** `db.system.name`: `redis`. */
  system: string;
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  readonly errors: ServerErrors;
}

/** `change`: by what it is, such as INCR. `write_conditional`: only if absent, or present. */
export type KeyAccess = 'read' | 'write' | 'write_expiring' | 'write_conditional' | 'change' | 'delete' | 'watch';

export interface CommandDescription {
  /** `db.operation.name` */
  readonly operation: string;
  /** As sent. */
  readonly key: string | undefined;
  /** Key or field, if single. */
  readonly entry: string | undefined;
  /** Kept in the key's shape. */
  readonly keyPrefix: string | undefined;
  /** After the first key, or without one. */
  readonly hasMore: boolean;
  /** Keys looked up. */
  readonly lookups: number;
  readonly fills: boolean;
  /** What it does to its one key, by {@link KeyAccess}; undefined: none, or not known. */
  readonly access?: KeyAccess | undefined;
  /** Its duration does not describe the server. */
  readonly blocks: boolean;
  readonly keepsAlive: boolean;
  /** Undefined for other replies. */
  hitsIn(reply: unknown): number | undefined;
}

export interface Command {
  /** When it is known or changes. */
  sentTo(server: CacheServer): void;
  succeeded(reply: unknown): void;
  failed(error: unknown): void;
  /** A client time-out. */
  timedOut(error: unknown, phase?: TimeOutPhase): void;
  /** While its connection is not ready. */
  waitsFor(connection: object, since?: number): void;
  /** Never sent: only the class is known. */
  refused(errorType: string): void;
}

export interface Batch {
  sentTo(server: CacheServer): void;
  /** @param replies one per command; none if aborted */
  answered(replies: readonly unknown[]): void;
  waitsFor(connection: object): void;
  failed(error: unknown): void;
}

/** `coalesced`: missed, awaiting another caller's load. */
export type LocalOutcome = 'hit' | 'miss' | 'coalesced';

/** Undefined: the call is not instrumented. */
export interface CacheEvents {
  /** Read first: descriptions cost more. */
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
   * @returns the listeners' context; undefined: the current
   */
  message(channel: () => string): Context | undefined;
}
