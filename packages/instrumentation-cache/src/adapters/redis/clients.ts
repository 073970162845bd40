import { guard, report, type TimeOutPhase } from '@foreshock/kit';
import type { Batch, CacheEvents, CacheServer, Command } from '../../events.ts';
import { REDIS_ERRORS } from '../../redis-errors.ts';
import { RedisCommand } from '../../redis-protocol.ts';

/** `@redis/client/dist/lib/client/index.js`. */
export interface Client {
  _self?: Client;
  isOpen: boolean;
  isReady: boolean;
  options?: ClientOptions;
}

export interface ClientOptions {
  /** Copied into other options. */
  url?: string;
  socket?: { host?: string; port?: number; path?: string };
  database?: number;
  keyPrefix?: string;
  disableOfflineQueue?: boolean;
  commandsQueueMaxLength?: number;
}

export type Args = readonly unknown[];

/** Queued by `RedisCommandsQueue#addCommand`. */
export interface Queued {
  args: Args;
  resolve(reply: unknown): unknown;
  reject(error: unknown): unknown;
}

/** Until its client is known. */
const UNKNOWN: CacheServer = { system: 'redis', errors: REDIS_ERRORS };

export class Clients {
  readonly #cache: CacheEvents;
  readonly #servers = new WeakMap<object, CacheServer>();

  constructor(cache: CacheEvents) {
    this.#cache = cache;
  }

  /** The socket is private. */
  serverOf(client: Client): CacheServer {
    const self = client._self ?? client;
    let known = this.#servers.get(self);
    if (!known) this.#servers.set(self, (known = serverOf(self.options)));
    return known;
  }

  /** @param client undefined if unknown */
  start(client: Client | undefined, args: Args): Command | undefined {
    if (!this.#cache.wantsCommands) return undefined;
    // Keys already have the prefix.
    const described = new RedisCommand(args[0], args, 1, client?.options?.keyPrefix);
    if (described.isTopology) return undefined;
    const call = this.#cache.command(client ? this.serverOf(client) : UNKNOWN, described, client?._self ?? client);
    if (client?.isReady === false) call?.waitsFor(client._self ?? client);
    if (!call || !client || described.operation !== 'SELECT') return call;
    return {
      sentTo: (server) => call.sentTo(server),
      failed: (error) => call.failed(error),
      timedOut: (error, phase) => call.timedOut(error, phase),
      refused: (errorType) => call.refused(errorType),
      waitsFor: (connection, since) => call.waitsFor(connection, since),
      succeeded: (reply) => {
        call.succeeded(reply);
        this.#servers.set(client._self ?? client, { ...this.serverOf(client), database: String(args[1]) });
      },
    };
  }
}

function serverOf({ url, socket, database = 0 }: ClientOptions = {}): CacheServer {
  const path = socket?.path;
  const { host = 'localhost', port = 6379 } = path ? { host: path, port: undefined } : (socket ?? {});
  const server = { system: 'redis', host, port, database: String(database), errors: REDIS_ERRORS };
  if (path) return server;
  // Only a pool's clients parse the URL.
  if (socket?.host !== undefined || url === undefined || !URL.canParse(url)) return server;
  const parsed = new URL(url);
  return {
    ...server,
    host: parsed.hostname || host,
    port: Number(parsed.port || port),
    database: parsed.pathname.slice(1) || server.database,
  };
}

/** @param first before the call's end */
export function observe(queued: Queued, call: Command, first?: () => void): void {
  const { resolve, reject } = queued;
  queued.resolve = function (reply) {
    try {
      first?.();
      call.succeeded(reply);
    } catch (error) {
      report('redis reply', error);
    }
    return resolve.call(this, reply);
  };
  queued.reject = function (error) {
    guard('redis error', () => {
      first?.();
      fail(call, error);
    });
    return reject.call(this, error);
  };
}

/** A command's class (dist/lib/errors.js) applies until it is written, the socket's until the answer. */
const TIME_OUTS: Record<string, TimeOutPhase> = {
  TimeoutError: 'connect',
  CommandTimeoutDuringMaintenanceError: 'connect',
  SocketTimeoutError: 'ttfb',
  SocketTimeoutDuringMaintenanceError: 'ttfb',
};

function fail(call: Command, error: unknown): void {
  const name = (error as object | null)?.constructor.name ?? '';
  if (Object.hasOwn(TIME_OUTS, name)) call.timedOut(error, TIME_OUTS[name]);
  else call.failed(error);
}

export function startBatch(
  cache: CacheEvents,
  clients: Clients,
  client: Client,
  kind: 'MULTI' | 'PIPELINE',
  commands: readonly { args: Args }[],
): Batch | undefined {
  if (!cache.wantsCommands) return undefined;
  const prefix = client.options?.keyPrefix;
  const described = commands.map(({ args }) => new RedisCommand(args[0], args, 1, prefix));
  return cache.batch(clients.serverOf(client), kind, described, client._self ?? client);
}

export function answerBatch(batch: Batch, replies: unknown): void {
  batch.answered(Array.isArray(replies) ? replies : []);
}
