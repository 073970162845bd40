import { SpanKind, type Attributes, type Context } from '@opentelemetry/api';
import { ClientOperation, noteUse, type ConnectionHolding, type OperationClient } from '@foreshock/kit';
import {
  CACHE_CONCURRENT_MISSES,
  CACHE_HIT,
  CACHE_HIT_COUNT,
  CACHE_KEY_ACCESS,
  CACHE_KEY_COUNT,
  CACHE_KEY_HASH,
  POOL_NAME,
} from '@foreshock/kit/names';
import type { CacheMetrics } from './cache-metrics.ts';
import type { Batch, CacheServer, Command, CommandDescription, KeyAccess } from './events.ts';
import type { KnownServer, KnownServers } from './known-servers.ts';

export interface CacheClient {
  readonly operations: OperationClient;
  readonly servers: KnownServers;
  readonly metrics: CacheMetrics | undefined;
  /** Missed so far, see `Stampedes`. */
  readonly misses: number;
  /** @returns how many missed the key together, if a stampede */
  missed(operation: CacheOperation, command: CommandDescription): number | undefined;
}

/** A command or batch. */
export class CacheOperation extends ClientOperation implements Command, Batch {
  /** {@link CacheClient.misses} at the start. */
  readonly since: number;
  /** A cluster's node comes later. */
  readonly askedAs: string;
  readonly #client: CacheClient;
  readonly #operation: string;
  readonly #commands: readonly CommandDescription[];
  #target: KnownServer;

  /**
   * @param text undefined for a batch
   * @param holding the pooled connection's
   */
  constructor(
    client: CacheClient,
    where: Context,
    target: KnownServer,
    operation: string,
    text: string | undefined,
    commands: readonly CommandDescription[],
    holding: ConnectionHolding | undefined,
  ) {
    const attributes: Attributes = {};
    if (commands.length > 1) attributes['db.operation.batch.size'] = commands.length;
    const state = holding?.takeState();
    if (holding && state) Object.assign(attributes, state, { [POOL_NAME]: holding.poolName });
    const start = { kind: SpanKind.CLIENT, attributes, common: target.command(operation, text) };
    super(client.operations, where, operation, start, target.server.errors, holding);
    this.#client = client;
    this.since = client.misses;
    this.#operation = operation;
    this.#target = target;
    this.askedAs = target.name;
    this.#commands = commands;
  }

  get cacheName(): string {
    return this.#target.name;
  }

  /** Its key's hash. */
  on(key: string, access: KeyAccess): void {
    this.span.setAttributes({ [CACHE_KEY_HASH]: key, [CACHE_KEY_ACCESS]: access });
  }

  sentTo(server: CacheServer): void {
    if (this.settled || this.#target.server === server) return;
    this.#target = this.#client.servers.of(server);
    const { attributes, dependency } = this.#target;
    this.span.setAttributes(attributes);
    if (dependency) noteUse(dependency, this.context);
  }

  override succeeded(reply?: unknown): void {
    if (this.settled) return;
    const command = this.#commands[0]!;
    if (command.lookups > 0) this.#lookedUp(command, reply);
    super.succeeded();
  }

  answered(replies: readonly unknown[]): void {
    if (this.#commands.length === 1 && replies.length > 0) {
      const [reply] = replies;
      return reply instanceof Error ? this.failed(reply) : this.succeeded(reply);
    }
    if (this.settled) return;
    this.#batchAnswered(replies);
    super.succeeded();
  }

  #lookedUp(command: CommandDescription, reply: unknown): void {
    const hits = command.hitsIn(reply);
    if (hits === undefined) return;
    this.span.setAttribute(CACHE_HIT, hits === command.lookups);
    if (command.lookups > 1) this.#countKeys(command.lookups, hits);
    this.#client.metrics?.lookedUp(this.cacheName, hits, command.lookups - hits);
    if (hits !== 0 || command.lookups !== 1) return;
    const together = this.#client.missed(this, command);
    if (together !== undefined) this.span.setAttribute(CACHE_CONCURRENT_MISSES, together);
  }

  #batchAnswered(replies: readonly unknown[]): void {
    let lookups = 0;
    let hits = 0;
    let failure: unknown;
    for (let i = 0; i < replies.length && i < this.#commands.length; i++) {
      const reply = replies[i];
      if (reply instanceof Error) failure ??= reply;
      else {
        const command = this.#commands[i]!;
        const found = command.lookups > 0 ? command.hitsIn(reply) : undefined;
        if (found === undefined) continue;
        lookups += command.lookups;
        hits += found;
      }
    }
    if (lookups > 0) {
      this.span.setAttribute(CACHE_HIT, hits === lookups);
      this.#countKeys(lookups, hits);
      this.#client.metrics?.lookedUp(this.cacheName, hits, lookups - hits);
    }
    if (failure !== undefined) this.describe(failure);
  }

  #countKeys(lookups: number, hits: number): void {
    this.span.setAttribute(CACHE_KEY_COUNT, lookups);
    this.span.setAttribute(CACHE_HIT_COUNT, hits);
  }

  protected override measured(): Attributes | undefined {
    return this.#commands[0]?.blocks ? undefined : this.#target.measured(this.#operation);
  }
}
