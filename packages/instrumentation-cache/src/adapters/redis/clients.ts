import { guard, report, type TimeOutPhase } from '@foreshock/kit';
import type { Batch, CacheEvents, CacheServer, Command } from '../../events.ts';
import { REDIS_ERRORS } from '../../redis-errors.ts';
import { RedisCommand } from '../../redis-protocol.ts';

/** `@redis/client/dist/lib/client/index.js`, as far as it is read here. */
export interface Client {
  _self?: Client;
  isOpen: boolean;
  isReady: boolean;
  options?: ClientOptions;
}

export interface ClientOptions {
  /** Read into the others by a client that is made with them. */
  url?: string;
  socket?: { host?: string; port?: number; path?: string };
  database?: number;
  keyPrefix?: string;
  disableOfflineQueue?: boolean;
  commandsQueueMaxLength?: number;
}

export type Args = readonly unknown[];

/** What `RedisCommandsQueue#addCommand` puts in line, and calls when the answer is there. */
export interface Queued {
  args: Args;
  resolve(reply: unknown): unknown;
  reject(error: unknown): unknown;
}

/** Until a command is known to be a client's. */
const UNKNOWN: CacheServer = { system: 'redis', errors: REDIS_ERRORS };

/** What is known of the clients of one process. */
export class Clients {
  readonly #cache: CacheEvents;
  readonly #servers = new WeakMap<object, CacheServer>();

  constructor(cache: CacheEvents) {
    this.#cache = cache;
  }

  /** Where a client's connection leads, as its options say: its socket is private. */
  serverOf(client: Client): CacheServer {
    const self = client._self ?? client;
    let known = this.#servers.get(self);
    if (!known) this.#servers.set(self, (known = serverOf(self.options)));
    return known;
  }

  /** @param client undefined while it is not known */
  start(client: Client | undefined, args: Args): Command | undefined {
    if (!this.#cache.wantsCommands) return undefined;
    // The client's prefix is a part of the keys by now.
    const described = new RedisCommand(args[0], args, 1, client?.options?.keyPrefix);
    if (described.isTopology) return undefined;
    const call = this.#cache.command(client ? this.serverOf(client) : UNKNOWN, described, client?._self ?? client);
    if (!call || !client || described.operation !== 'SELECT') return call;
    return {
      sentTo: (server) => call.sentTo(server),
      failed: (error) => call.failed(error),
      timedOut: (error, phase) => call.timedOut(error, phase),
      refused: (errorType) => call.refused(errorType),
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
  // A pool's own options: its clients read the URL each for itself.
  if (socket?.host !== undefined || url === undefined || !URL.canParse(url)) return server;
  const parsed = new URL(url);
  return {
    ...server,
    host: parsed.hostname || host,
    port: Number(parsed.port || port),
    database: parsed.pathname.slice(1) || server.database,
  };
}

/**
 * What is in line tells its answer to the call as well.
 *
 * @param first before the call is told
 */
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

/** By the class (dist/lib/errors.js): a command's own limit counts until it is written, the socket's while it is unanswered. */
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

/** Commands that are sent together; undefined when they are left alone. */
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
