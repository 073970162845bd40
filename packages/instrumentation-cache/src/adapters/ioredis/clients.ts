import type { Batch, CacheEvents, CacheServer, Command } from '../../events.ts';
import { REDIS_ERRORS } from '../../redis-errors.ts';
import { RedisCommand } from '../../redis-protocol.ts';

/** A `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
export const CALL = Symbol('foreshock.call');

/** As {@link CALL}: written. */
export const SENT = Symbol('foreshock.sent');

/** `ioredis/built/Command.js`. */
export interface IoCommand {
  [CALL]?: Command | Batch;
  [SENT]?: boolean;
  name: string;
  args: unknown[];
  /** Internal to a pipeline. */
  ignore?: boolean;
  resolve(reply: unknown): unknown;
  reject(error: unknown): unknown;
}

export interface Client {
  status: string;
  isCluster?: boolean;
  condition?: { select?: number } | null;
  options: {
    host?: string;
    port?: number;
    path?: string | null;
    db?: number;
    keyPrefix?: string;
    sentinels?: unknown;
  };
  stream?: { remoteAddress?: string; remotePort?: number };
}

/** Until its node is chosen. */
const CLUSTER: CacheServer = { system: 'redis', errors: REDIS_ERRORS };

export class Clients {
  readonly #cache: CacheEvents;
  readonly #servers = new WeakMap<Client, CacheServer>();
  readonly #ignored = new WeakSet<Client>();

  constructor(cache: CacheEvents) {
    this.#cache = cache;
  }

  leaveAlone(client: Client): void {
    this.#ignored.add(client);
  }

  start(client: Client, command: IoCommand): Command | undefined {
    if (!this.#cache.wantsCommands || this.#ignored.has(client)) return undefined;
    const described = new RedisCommand(command.name, command.args, 0, client.options.keyPrefix);
    if (described.isTopology) return undefined;
    const call = this.#cache.command(this.serverOf(client), described);
    if (call) command[CALL] = call;
    return call;
  }

  serverOf(client: Client): CacheServer {
    if (client.isCluster) return CLUSTER;
    const { options, condition, stream } = client;
    const database = String(condition?.select ?? options.db ?? 0);
    const known = this.#servers.get(client);
    if (known?.database === database && !options.sentinels) return known;
    // With sentinels, options lack the server's address.
    const host = options.sentinels ? stream?.remoteAddress : (options.path ?? options.host ?? 'localhost');
    const port = options.sentinels ? stream?.remotePort : options.path ? undefined : (options.port ?? 6379);
    if (known?.database === database && known.host === host && known.port === port) return known;
    const server = { system: 'redis', host, port, database, errors: REDIS_ERRORS };
    this.#servers.set(client, server);
    return server;
  }
}
