import { answering, Caller, HandOver, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents, CacheServer, Command } from '../../events.ts';
import { ERRORS, MemcachedCommand, MemcachedError } from './protocol.ts';

/** lib/memjs/server.js. */
interface Server {
  host: string;
  port: number;
}

type Answer = (error: Error | null, response: { header: { status: number } } | null) => void;

/**
 * memjs 1.2 and 1.3. `Client.prototype.perform` calls itself with the same callback for a retry or fail-over. `flush`,
 * `stats` and `quit` do not use it.
 */
export const memjs: Adapter<CacheEvents> = {
  library: 'memjs',
  versions: '>=1.2.0 <2',
  upstream: [],
  shows: ['spans', 'parent', 'attempt or hit'],
  title: '`memjs` (Memcached)',
  summary: 'commands with a key; the server that answered, also after a fail-over; stampedes on one key',
  attach(cache, hooks) {
    const servers = new WeakMap<Server, CacheServer>();
    const serverOf = (server: Server): CacheServer => {
      const { host, port } = server;
      let known = servers.get(server);
      if (!known) servers.set(server, (known = { system: 'memcached', host, port, errors: ERRORS }));
      return known;
    };
    hooks.onLoad('memjs/lib/memjs/memjs.js', ({ exports }) => {
      wrapCommands(exports.Client.prototype, serverOf, cache, hooks);
      // A connection outlives its opener.
      hooks.detach(exports.Server.prototype, 'sock');
    });
  },
};

function wrapCommands(
  prototype: any,
  serverOf: (server: Server) => CacheServer,
  cache: CacheEvents,
  hooks: Hooks,
): void {
  const commands = new WeakMap<Answer, Command>();
  /** `perform` chooses its server synchronously. */
  const sending = new HandOver<Command>();

  hooks.calls(prototype, 'perform', {
    handOver: sending,
    begin(client: { servers: Server[] }, args: [string | Buffer, Buffer, number, Answer]) {
      const [key, request, , callback] = args;
      const again = commands.get(callback);
      if (again || !cache.wantsCommands || client.servers.length === 0) return again;
      const described = new MemcachedCommand(request[1]!, String(key));
      const command = cache.command(serverOf(client.servers[0]!), described);
      if (!command) return undefined;
      args[3] = answering('memjs answer', new Caller(), callback, ([error, response]: Parameters<Answer>) => {
        const status = response?.header.status ?? 0;
        if (error) command.failed(error);
        else if (described.isAnswer(status)) command.succeeded(status);
        else command.failed(new MemcachedError(status));
      });
      commands.set(args[3], command);
      return command;
    },
    failed: (command, error) => command.failed(error),
  });

  // By it `perform` chooses a server that is up.
  hooks.after(prototype, 'server', (server: Server | null) => {
    if (server) sending.offered?.sentTo(serverOf(server));
  });
}
