import { guard, type Adapter, type Hooks } from '@foreshock/kit';
import type { Batch, CacheEvents, CacheServer, Command } from '../events.ts';
import { batchReply, RedisCommand } from '../redis-protocol.ts';

/** `ioredis/built/Command.js`, as far as it is read here. */
interface IoCommand {
  name: string;
  args: unknown[];
  ignore?: boolean;
  resolve(reply: unknown): unknown;
  reject(error: unknown): unknown;
}

interface Client {
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

/** `[error, value]`, as `Pipeline#exec` gives them. */
type Answer = [unknown, unknown?];
type AnswerCallback = (error: unknown, value?: unknown) => unknown;

interface Pipeline {
  redis: Client;
  isCluster: boolean;
  _queue: IoCommand[];
  _transactions: number;
  resolve(answers: Answer[]): unknown;
  reject(error: unknown): unknown;
  [symbol: symbol]: unknown;
}

/**
 * ioredis 5 and 6.
 *
 * Since 5.11 there are channels (`ioredis:command`, `ioredis:batch`), and they are not used: `sendCommand` then gives
 * callers a promise that has a `catch` attached (built/tracing.js), so a rejection that nobody handles is never
 * reported. Observed instead, in all versions alike, is what the library itself calls when an answer is there:
 *
 * - `resolve` and `reject` of a `Command`, from its first `sendCommand` on; offline queue, reconnects and redirects
 *   pass it on as it is, so it stays one span, in the trace of who sent it.
 * - those of a `Pipeline`, from `exec` on; its commands have no span of their own.
 * - the callback in an automatic pipeline's `kCallbacks`: there each command has its own caller.
 */
export const ioredis: Adapter<CacheEvents> = {
  library: 'ioredis',
  versions: '>=5.0.0 <7',
  upstream: ['@opentelemetry/instrumentation-ioredis'],
  attach(cache, hooks) {
    const watch = new Watch(cache);
    hooks.onLoad('ioredis/built/Redis.js', ({ exports }) => wrapClient(exports.default.prototype, watch, cache, hooks));
    hooks.onLoad('ioredis/built/cluster/index.js', ({ exports }) => {
      wrapClient(exports.default.prototype, watch, cache, hooks);
      wrapDelays(exports.default.prototype, cache, hooks);
    });
    hooks.onLoad('ioredis/built/Pipeline.js', ({ exports }) => wrapPipeline(exports.default.prototype, watch, hooks));
    hooks.onLoad('ioredis/built/autoPipelining.js', ({ exports }) => {
      watch.kExec = exports.kExec;
      watch.kCallbacks = exports.kCallbacks;
    });
  },
};

/** What a client says of itself while it connects (`connectHandler` in built/redis/event_handler.js). */
const HANDSHAKE = new Set(['auth', 'hello', 'select', 'client', 'readonly', 'info']);
/** What a cluster's client asks for its own sake. */
const TOPOLOGY = new Set(['cluster', 'asking', 'readonly']);

class Watch {
  /** The symbols that mark an automatic pipeline (built/autoPipelining.js). */
  kExec = Symbol();
  kCallbacks = Symbol();
  readonly #cache: CacheEvents;
  readonly #calls = new WeakMap<IoCommand, Command | Batch>();
  readonly #pipelines = new WeakSet<Pipeline>();
  readonly #servers = new WeakMap<Client, CacheServer>();

  constructor(cache: CacheEvents) {
    this.#cache = cache;
  }

  /** A client, or a cluster's client, has been given a command; again, if it is sent once more. */
  sending(client: Client, command: IoCommand, stream: unknown): Command | undefined {
    const under = this.#calls.get(command);
    if (under) {
      if (!client.isCluster) under.sentTo(this.#serverOf(client));
      return undefined;
    }
    if (stream !== undefined || isOwn(client, command)) return undefined;
    const call = this.#start(client, command);
    if (!call) return undefined;
    const { resolve, reject } = command;
    command.resolve = function (reply) {
      const result = resolve.call(this, reply);
      guard('ioredis reply', () => call.succeeded(reply));
      return result;
    };
    command.reject = function (error) {
      guard('ioredis error', () => call.failed(error));
      return reject.call(this, error);
    };
    return call;
  }

  /** A command joins an automatic pipeline; its callback is the last in line (`executeWithAutoPipelining`). */
  joining(pipeline: Pipeline, command: IoCommand): void {
    const callbacks = pipeline[this.kCallbacks] as AnswerCallback[] | null | undefined;
    const callback = callbacks?.at(-1);
    // A cluster's pipeline that is redirected queues its commands again; their callers have been noted.
    if (!callbacks || !callback || this.#calls.has(command)) return;
    const call = this.#start(pipeline.redis, command);
    if (!call) return;
    callbacks[callbacks.length - 1] = (error, value) => {
      guard('ioredis reply', () => (error ? call.failed(error) : call.succeeded(value)));
      return callback(error, value);
    };
  }

  /** `exec` of a pipeline that somebody wrote. */
  executing(pipeline: Pipeline): Batch | undefined {
    const { _queue: queue } = pipeline;
    const [head] = queue;
    if (!head || this.#pipelines.has(pipeline)) return undefined;
    this.#pipelines.add(pipeline);
    const isMulti = head.name === 'multi' && queue.at(-1)?.name === 'exec';
    const commands = isMulti ? queue.slice(1, -1) : queue.slice();
    const batch = this.#cache.batch(this.#serverOf(pipeline.redis), isMulti ? 'MULTI' : 'PIPELINE', commands.length);
    if (!batch) return undefined;
    // The node it goes to is known once its first command is sent there.
    this.#calls.set(head, batch);
    const { resolve, reject } = pipeline;
    pipeline.resolve = function (answers) {
      guard('ioredis pipeline', () => {
        const replies = isMulti ? repliesOfMulti(answers) : answers.map(([error, value]) => error ?? value);
        batch.succeeded(batchReply(commands.map(describe), replies));
      });
      return resolve.call(this, answers);
    };
    pipeline.reject = function (error) {
      guard('ioredis pipeline', () => batch.failed(error));
      return reject.call(this, error);
    };
    return batch;
  }

  #start(client: Client, command: IoCommand): Command | undefined {
    const described = new RedisCommand(command.name, command.args, 0, client.options.keyPrefix);
    const call = this.#cache.command(this.#serverOf(client), described);
    if (call) this.#calls.set(command, call);
    return call;
  }

  #serverOf(client: Client): CacheServer {
    if (client.isCluster) return CLUSTER;
    const { options, condition, stream } = client;
    const database = String(condition?.select ?? options.db ?? 0);
    const known = this.#servers.get(client);
    if (known?.database === database && !options.sentinels) return known;
    // Behind sentinels the options name nobody.
    const host = options.sentinels ? stream?.remoteAddress : (options.path ?? options.host ?? 'localhost');
    const port = options.sentinels ? stream?.remotePort : options.path ? undefined : (options.port ?? 6379);
    if (known?.database === database && known.host === host && known.port === port) return known;
    const server = { system: 'redis', host, port, database };
    this.#servers.set(client, server);
    return server;
  }
}

/** Until a command has found its node. */
const CLUSTER: CacheServer = { system: 'redis' };

function describe({ name, args }: IoCommand): RedisCommand {
  return new RedisCommand(name, args, 0);
}

/** The answer to EXEC is the answers to all; if it is an error, it is the transaction's. */
function repliesOfMulti(answers: Answer[]): unknown[] {
  const [error, values] = answers.at(-1) ?? [undefined];
  if (error) return [error];
  return Array.isArray(values) ? values : [];
}

function isOwn({ status }: Client, { name, ignore }: IoCommand): boolean {
  return ignore === true || TOPOLOGY.has(name) || (status === 'connect' && HANDSHAKE.has(name));
}

/** `sendCommand(command, stream)` and `connect()`, alike in `Redis` and `Cluster`. */
function wrapClient(prototype: any, watch: Watch, cache: CacheEvents, hooks: Hooks): void {
  hooks.wrap(prototype, 'sendCommand', (original) => {
    return function (this: Client, ...args: [IoCommand, unknown, unknown]) {
      if (!hooks.active) return original.apply(this, args);
      const call = guard('ioredis sendCommand', () => watch.sending(this, args[0], args[1]));
      try {
        return original.apply(this, args);
      } catch (error) {
        call?.failed(error);
        throw error;
      }
    };
  });

  // A connection outlives the request whose command happened to open it; its messages belong to nobody.
  hooks.wrap(prototype, 'connect', (original) => {
    return function (this: Client, ...args: unknown[]) {
      if (!hooks.active || typeof args[0] === 'function') return original.apply(this, args);
      return cache.unattended(original, this, args);
    };
  });
}

/** `delayUntilReady`: callers who come before a cluster knows its slots go on when somebody else's answer is there. */
function wrapDelays(prototype: any, cache: CacheEvents, hooks: Hooks): void {
  hooks.wrap(prototype, 'delayUntilReady', (original) => {
    return function (this: Client, callback: (...args: unknown[]) => unknown, ...rest: unknown[]) {
      if (!hooks.active) return original.call(this, callback, ...rest);
      return original.call(this, guard('ioredis cluster', () => cache.bound(callback)) ?? callback, ...rest);
    };
  });
}

function wrapPipeline(prototype: any, watch: Watch, hooks: Hooks): void {
  hooks.wrap(prototype, 'sendCommand', (original) => {
    return function (this: Pipeline, ...args: [IoCommand]) {
      if (hooks.active && watch.kExec in this) guard('ioredis pipeline', () => watch.joining(this, args[0]));
      return original.apply(this, args);
    };
  });

  hooks.wrap(prototype, 'exec', (original) => {
    return function (this: Pipeline, ...args: unknown[]) {
      // In a transaction the first `exec` only queues EXEC. An automatic pipeline's commands have been noted each.
      if (!hooks.active || this._transactions > 0 || watch.kExec in this) return original.apply(this, args);
      const batch = guard('ioredis pipeline', () => watch.executing(this));
      try {
        return original.apply(this, args);
      } catch (error) {
        batch?.failed(error);
        throw error;
      }
    };
  });
}
