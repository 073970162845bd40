import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents, CacheServer, Command } from '../events.ts';
import { batchReply, RedisCommand } from '../redis-protocol.ts';
import { attachRedis4 } from './redis-4.ts';
import { wrapPool } from './redis-pool.ts';

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

interface CommandOptions {
  abortSignal?: AbortSignal;
}

/** What `RedisCommandsQueue#addCommand` puts in line, and calls when the answer is there. */
export interface Queued {
  args: readonly unknown[];
  resolve(reply: unknown): unknown;
  reject(error: unknown): unknown;
}

/**
 * node-redis 4 to 6, under both names of its client package.
 *
 * Since 5.12 there are channels (`node-redis:command`, `node-redis:batch`). They are not used: their arguments come
 * without the keys of HGET, MGET and others (`sanitizeArgs`, dist/lib/client/tracing.js) and as text, however long.
 * Observed instead, in all versions alike: `sendCommand`, and what it puts in line, whose `resolve` and `reject` the
 * library calls. The promise is left alone: one that nobody handles must still be reported.
 *
 * `node-redis:cache:request` tells the hits of the client-side cache, which send nothing.
 */
export const redis: Adapter<CacheEvents> = {
  library: 'redis',
  // Of @redis/client: 1 is redis 4.
  versions: '>=1.0.0 <7',
  upstream: ['@opentelemetry/instrumentation-redis', '@opentelemetry/instrumentation-redis-4'],
  attach(cache, hooks) {
    const clients = new Clients(cache);
    hooks.onLoad('@redis/client/dist/lib/client/index.js', ({ exports, version }) => {
      if (version.startsWith('1.')) return;
      wrapClient(exports.default.prototype, clients, cache, hooks);
    });
    hooks.onLoad('@redis/client/dist/lib/client/linked-list.js', ({ exports }) =>
      wrapLine(exports.DoublyLinkedList.prototype, clients, hooks),
    );
    hooks.onLoad('@redis/client/dist/lib/client/pool.js', ({ exports }) =>
      wrapPool(exports.RedisClientPool, clients, cache, hooks),
    );
    attachRedis4(clients, cache, hooks);
    hooks.onChannel<{ result?: unknown }>('node-redis:cache:request', ({ result }) =>
      cache.lookup(clients, 'client-side', undefined, result === 'hit' ? 'hit' : 'miss'),
    );
  },
};

/** A command that is about to be put in line. */
interface Sending {
  call: Command;
  args: readonly unknown[];
  queued: boolean;
}

/** What is known of the clients of one process. */
export class Clients {
  /** The `sendCommand` under way. */
  sending: Sending | undefined;
  readonly #cache: CacheEvents;
  readonly #servers = new WeakMap<object, CacheServer>();

  constructor(cache: CacheEvents) {
    this.#cache = cache;
  }

  /** Where a client's connection leads, as its options say: its socket is private. */
  serverOf(client: Client): CacheServer {
    const self = client._self ?? client;
    const known = this.#servers.get(self);
    if (known) return known;
    const server = serverOf(self.options);
    this.#servers.set(self, server);
    return server;
  }

  /** `SELECT` has been answered: commands from here on go to another database. */
  #selected(client: Client, database: unknown): void {
    const self = client._self ?? client;
    this.#servers.set(self, { ...this.serverOf(self), database: String(database) });
  }

  start(client: Client, args: readonly unknown[]): Command | undefined {
    // The client's prefix is a part of the keys by now.
    const described = new RedisCommand(args[0], args, 1, client.options?.keyPrefix);
    const call = this.#cache.command(this.serverOf(client), described);
    if (!call || described.operation !== 'SELECT') return call;
    return {
      sentTo: (server) => call.sentTo(server),
      failed: (error) => call.failed(error),
      refused: (errorType) => call.refused(errorType),
      succeeded: (reply) => {
        call.succeeded(reply);
        this.#selected(client, args[1]);
      },
    };
  }
}

export function serverOf({ url, socket, database = 0 }: ClientOptions = {}): CacheServer {
  if (socket?.path) return { system: 'redis', host: socket.path, database: String(database) };
  const { host = 'localhost', port = 6379 } = socket ?? {};
  const server = { system: 'redis', host, port, database: String(database) };
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
    guard('redis reply', () => {
      first?.();
      call.succeeded(reply);
    });
    return resolve.call(this, reply);
  };
  queued.reject = function (error) {
    guard('redis error', () => {
      first?.();
      call.failed(error);
    });
    return reject.call(this, error);
  };
}

function wrapClient(prototype: any, clients: Clients, cache: CacheEvents, hooks: Hooks): void {
  hooks.wrap(prototype, 'sendCommand', (original) => {
    return function (this: Client, ...args: [readonly unknown[], CommandOptions | undefined]) {
      if (!hooks.active) return original.apply(this, args);
      const call = guard('redis sendCommand', () => clients.start(this, args[0]));
      if (!call) return original.apply(this, args);
      const outer = clients.sending;
      const sending = (clients.sending = { call, args: args[0], queued: false });
      let result;
      try {
        result = original.apply(this, args);
      } catch (error) {
        call.failed(error);
        throw error;
      } finally {
        clients.sending = outer;
      }
      if (!sending.queued) guard('redis sendCommand', () => refuse(this, call, args[1]));
      return result;
    };
  });

  // Both are awaited by `Multi#exec`: their promises are never the caller's own.
  for (const [method, kind] of [
    ['_executeMulti', 'MULTI'],
    ['_executePipeline', 'PIPELINE'],
  ] as const) {
    hooks.wrap(prototype, method, (original) => {
      return function (this: Client, ...args: [readonly { args: readonly unknown[] }[], ...unknown[]]) {
        if (!hooks.active) return original.apply(this, args);
        return observeBatch(clients.serverOf(this), kind, args[0], cache, () => original.apply(this, args));
      };
    });
  }
}

/**
 * @param execute gives a promise that is never the caller's own
 * @param repliesIn where in its value the replies are
 */
export function observeBatch<R extends Promise<unknown>>(
  server: CacheServer,
  kind: 'MULTI' | 'PIPELINE',
  commands: readonly { args: readonly unknown[] }[],
  cache: CacheEvents,
  execute: () => R,
  repliesIn: (value: unknown) => unknown = (value) => value,
): R {
  const batch = guard('redis batch', () => cache.batch(server, kind, commands.length));
  const result = execute();
  if (!batch) return result;
  result.then(
    (value) =>
      guard('redis batch', () => {
        const replies = repliesIn(value);
        const described = commands.map(({ args }) => new RedisCommand(args[0], args, 1));
        batch.succeeded(batchReply(described, Array.isArray(replies) ? replies : []));
      }),
    (error) => guard('redis batch', () => batch.failed(error)),
  );
  return result;
}

/** It was refused before it was in line; the promise says why, the caller's alone. */
function refuse(client: Client, call: Command, options: CommandOptions | undefined): void {
  const limits = client.options;
  if (options?.abortSignal?.aborted) call.refused('AbortError');
  else if (!client.isOpen) call.refused('ClientClosedError');
  else if (!client.isReady && limits?.disableOfflineQueue) call.refused('ClientOfflineError');
  else if (limits?.commandsQueueMaxLength) call.refused('Error');
}

/** `add(value, prepend)`, the way into `RedisCommandsQueue`. */
function wrapLine(prototype: any, clients: Clients, hooks: Hooks): void {
  hooks.wrap(prototype, 'add', (original) => {
    return function (this: unknown, ...args: [Queued, unknown]) {
      const { sending } = clients;
      if (sending && !sending.queued && args[0].args === sending.args) {
        sending.queued = true;
        guard('redis command', () => observe(args[0], sending.call));
      }
      return original.apply(this, args);
    };
  });
}
