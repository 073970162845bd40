import { bind, guard, report, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents, Command } from '../../events.ts';
import { wrapMessages } from '../../published.ts';
import { CALL, Clients, SENT, type Client, type IoCommand } from './clients.ts';
import { wrapPipeline } from './pipeline.ts';

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
  shows: ['spans', 'parent', 'attempt or hit'],
  summary: 'commands, pipelines, transactions, automatic pipelines, clusters; stampedes on one key',
  attach(cache, hooks) {
    const clients = new Clients(cache);
    hooks.onLoad('ioredis/built/Redis.js', ({ exports }) => {
      wrapClient(exports.default.prototype, clients, hooks);
    });
    hooks.onLoad('ioredis/built/cluster/index.js', ({ exports }) => {
      wrapClient(exports.default.prototype, clients, hooks);
      wrapDelays(exports.default.prototype, hooks);
    });
    hooks.onLoad('ioredis/built/Command.js', ({ exports }) => wrapWrite(exports.default.prototype, hooks));
    hooks.onLoad('ioredis/built/DataHandler.js', ({ exports }) => {
      wrapMessages(exports.default.prototype, 'handleSubscriberReply', cache, hooks);
    });
    wrapPipeline(clients, cache, hooks);
    wrapSentinels(clients, hooks);
  },
};

/** What a client says of itself while it connects (`connectHandler` in built/redis/event_handler.js). */
const HANDSHAKE = new Set(['auth', 'hello', 'select', 'client', 'info']);

function isOwn({ status }: Client, { name, args, ignore }: IoCommand): boolean {
  if (ignore === true || (status === 'connect' && HANDSHAKE.has(name))) return true;
  // The first 5.x give it their name only when it is ready.
  return name === 'client' && String(args[0]).toLowerCase() === 'setname';
}

/** `sendCommand(command, stream)` and `connect()`, alike in `Redis` and `Cluster`. */
function wrapClient(prototype: any, clients: Clients, hooks: Hooks): void {
  // By hand, as every command comes by here: an array of arguments and a step more cost some 60 ns (bench/command.ts).
  hooks.wrap(prototype, 'sendCommand', (original) => {
    return function (this: Client, command: IoCommand, stream: unknown, node: unknown) {
      if (!hooks.active) return original.call(this, command, stream, node);
      let call: Command | undefined;
      try {
        call = sending(this, command, stream, clients);
      } catch (error) {
        report('ioredis sendCommand', error);
      }
      try {
        return original.call(this, command, stream, node);
      } catch (error) {
        if (call) guard('ioredis sendCommand', () => call.failed(error));
        throw error;
      }
    };
  });
  // A connection outlives the request whose command happened to open it.
  hooks.detach(prototype, 'connect');
}

/** A client has been given a command: by its caller, or once more by a cluster, a queue or a reconnect. */
function sending(client: Client, command: IoCommand, stream: unknown, clients: Clients): Command | undefined {
  const under = command[CALL];
  if (under) {
    if (!client.isCluster) under.sentTo(clients.serverOf(client));
    return undefined;
  }
  // With a stream it is a pipeline's.
  if (stream !== undefined || isOwn(client, command)) return undefined;
  const call = clients.start(client, command);
  if (!call) return undefined;
  const { resolve, reject } = command;
  command.resolve = function (reply) {
    const result = resolve.call(this, reply);
    try {
      call.succeeded(reply);
    } catch (error) {
      report('ioredis reply', error);
    }
    return result;
  };
  command.reject = function (error) {
    guard('ioredis error', () => {
      if (isTimeOut(error)) call.timedOut(error, command[SENT] ? 'ttfb' : 'connect');
      else call.failed(error);
    });
    return reject.call(this, error);
  };
  return call;
}

/** `commandTimeout` (`setTimeout` in built/Command.js): the error has no class and no code of its own. */
function isTimeOut(error: unknown): boolean {
  return (error as Error | null)?.message === 'Command timed out';
}

/** What is written to a connection waits for its answer; what is not, for a connection. By hand, see above. */
function wrapWrite(prototype: any, hooks: Hooks): void {
  hooks.wrap(prototype, 'toWritable', (original) => {
    return function (this: IoCommand, socket: unknown) {
      if (this[CALL] !== undefined) this[SENT] = true;
      return original.call(this, socket);
    };
  });
}

/** `delayUntilReady`: callers who come before a cluster knows its slots go on when somebody else's answer is there. */
function wrapDelays(prototype: any, hooks: Hooks): void {
  hooks.before(prototype, 'delayUntilReady', (_client, args) => void (args[0] = bind(args[0])));
}

/** A client makes clients for its sentinels: what those ask, and listen to, no caller has sent. */
function wrapSentinels(clients: Clients, hooks: Hooks): void {
  hooks.onLoad('ioredis/built/connectors/SentinelConnector/index.js', ({ exports }) => {
    hooks.after(exports.default.prototype, 'connectToSentinel', (client) => clients.leaveAlone(client));
  });
}
