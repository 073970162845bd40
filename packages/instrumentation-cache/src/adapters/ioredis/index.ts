import { bind, guard, report, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents, Command } from '../../events.ts';
import { wrapMessages } from '../../published.ts';
import { CALL, Clients, SENT, type Client, type IoCommand } from './clients.ts';
import { wrapOpening, wrapConnector } from './opening.ts';
import { wrapPipeline } from './pipeline.ts';

/**
 * ioredis 5 and 6, without its channels (since 5.11): they attach a `catch` to the caller's promise (built/tracing.js),
 * hiding unhandled rejections.
 *
 * - A `Command`'s `resolve` and `reject` are observed, as queues, reconnects and redirects keep them.
 * - A `Pipeline`'s too, from `exec`; its commands have no spans.
 * - An automatic pipeline's `kCallbacks` have a caller each.
 */
export const ioredis: Adapter<CacheEvents> = {
  library: 'ioredis',
  versions: '>=5.0.0 <7',
  upstream: ['@opentelemetry/instrumentation-ioredis'],
  shows: ['spans', 'parent', 'attempt or hit'],
  summary: 'commands, pipelines, transactions, automatic pipelines, clusters; stampedes on one key',
  attach: (cache, hooks) => observeClient('ioredis', cache, hooks),
};

/** @param library or a fork with its files */
export function observeClient(library: string, cache: CacheEvents, hooks: Hooks): void {
  const clients = new Clients(cache);
  const built = `${library}/built`;
  hooks.onLoad(`${built}/Redis.js`, ({ exports }) => {
    wrapClient(exports.default.prototype, clients, hooks);
    wrapOpening(exports.default.prototype, clients, hooks);
  });
  hooks.onLoad(`${built}/cluster/index.js`, ({ exports }) => {
    wrapClient(exports.default.prototype, clients, hooks);
    wrapDelays(exports.default.prototype, hooks);
  });
  for (const name of ['StandaloneConnector.js', 'SentinelConnector/index.js']) {
    hooks.onLoad(`${built}/connectors/${name}`, ({ exports }) => wrapConnector(exports.default.prototype, hooks));
  }
  hooks.onLoad(`${built}/Command.js`, ({ exports }) => wrapWrite(exports.default.prototype, hooks));
  hooks.onLoad(`${built}/DataHandler.js`, ({ exports }) => {
    wrapMessages(exports.default.prototype, 'handleSubscriberReply', cache, hooks);
  });
  wrapPipeline(built, clients, cache, hooks);
  // The library's own commands.
  hooks.onLoad(`${built}/connectors/SentinelConnector/index.js`, ({ exports }) => {
    hooks.after(exports.default.prototype, 'connectToSentinel', (client) => clients.leaveAlone(client));
  });
}

/** Sent while connecting (`connectHandler` in built/redis/event_handler.js). */
const HANDSHAKE = new Set(['auth', 'hello', 'select', 'client', 'info']);

function isOwn({ status }: Client, { name, args, ignore }: IoCommand): boolean {
  if (ignore === true || (status === 'connect' && HANDSHAKE.has(name))) return true;
  // The first 5.x releases set the name only when ready.
  return name === 'client' && String(args[0]).toLowerCase() === 'setname';
}

function wrapClient(prototype: any, clients: Clients, hooks: Hooks): void {
  // By hand: `hooks.calls` adds 60 ns per command (bench/command.ts).
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
  // A connection outlives its opener.
  hooks.detach(prototype, 'connect');
}

/** Repeated by a cluster, queue or reconnect. */
function sending(client: Client, command: IoCommand, stream: unknown, clients: Clients): Command | undefined {
  const under = command[CALL];
  if (under) {
    if (!client.isCluster) under.sentTo(clients.serverOf(client));
    return undefined;
  }
  // A stream means a pipeline's command.
  if (stream !== undefined || isOwn(client, command)) return undefined;
  const call = clients.start(client, command);
  if (!call) return undefined;
  if (client.status !== 'ready') call.waitsFor(client);
  // By hand: this command's own, nothing to undo; replies go on before they are inspected.
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

/** `commandTimeout` (`setTimeout` in built/Command.js) has no class or code. */
function isTimeOut(error: unknown): boolean {
  return (error as Error | null)?.message === 'Command timed out';
}

/** Unwritten, it waits for a connection. */
function wrapWrite(prototype: any, hooks: Hooks): void {
  hooks.before(prototype, 'toWritable', (command: IoCommand) => {
    if (command[CALL] !== undefined) command[SENT] = true;
  });
}

/** `delayUntilReady` runs callbacks in another caller's context. */
function wrapDelays(prototype: any, hooks: Hooks): void {
  hooks.before(prototype, 'delayUntilReady', (_client, args) => void (args[0] = bind(args[0])));
}
