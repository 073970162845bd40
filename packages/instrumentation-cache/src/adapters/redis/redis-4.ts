import { BriefHandOver, HandOver, type Hooks } from '@foreshock/kit';
import type { Batch, CacheEvents, Command } from '../../events.ts';
import { answerBatch, observe, startBatch, type Args, type Client, type Clients, type Queued } from './clients.ts';

/** `@node-redis/client` before redis 4.1. */
const PACKAGES = ['@redis/client', '@node-redis/client'];

interface QueueOptions {
  /** In the handshake (`#initiateSocket`). */
  asap?: boolean;
  /** In a transaction. */
  chainId?: unknown;
}

interface Executing {
  batch: Batch;
  repliesIn: (value: unknown) => unknown;
}

interface Adding {
  call: Command;
  queue: object;
  /** Undefined until the first write. */
  owner: Client | undefined;
  since: number;
}

/**
 * node-redis 4 queues commands by a private method, so `addCommand` is observed. Its client is found by `connect`,
 * which calls its socket's, and by `getCommandToSend`, just before the socket's `writeCommand`.
 */
export function attachRedis4(clients: Clients, cache: CacheEvents, hooks: Hooks): void {
  const owners = new WeakMap<object, Client>();
  /** A client's `connect` calls `#socket.connect` synchronously. */
  const connecting = new HandOver<Client>();
  /** `#tick` takes and writes a command synchronously; else spans lack the address. */
  const writing = new BriefHandOver<object>();
  /** `multiExecutor` queues synchronously. */
  const batching = new HandOver<Executing>();
  /** `addCommand` fills the queue synchronously. */
  const adding = new HandOver<Adding>();

  function wrapClient(prototype: any): void {
    hooks.detach(prototype, 'connect');
    hooks.calls(prototype, 'connect', { begin: (client: Client) => client, handOver: connecting });
    // `Multi#exec` awaits `multiExecutor(commands, selectedDB?, chainId?)`; callers never get this promise.
    hooks.calls(prototype, 'multiExecutor', {
      begin(client: Client, args): Executing | undefined {
        const { kind, commands, repliesIn } = batchOf(args[0], args.at(-1));
        const batch = startBatch(cache, clients, client, kind, commands);
        return batch && { batch, repliesIn };
      },
      handOver: batching,
      succeeded: ({ batch, repliesIn }, value) => answerBatch(batch, repliesIn(value)),
      failed: ({ batch }, error) => batch.failed(error),
    });
  }

  function wrapSocket(prototype: any): void {
    hooks.before(prototype, 'connect', (socket) => {
      if (connecting.offered) owners.set(socket, connecting.offered);
    });
    hooks.before(prototype, 'writeCommand', (socket) => {
      const queue = writing.take();
      const owner = queue && owners.get(socket);
      if (owner) owners.set(queue, owner);
    });
  }

  function wrapQueue(prototype: any): void {
    hooks.after(prototype, 'getCommandToSend', (command, queue) => {
      writing.offer(command === undefined || owners.has(queue) ? undefined : queue);
    });
    hooks.calls(prototype, 'addCommand', {
      begin(queue: object, [command, options]: [Args, QueueOptions?]): Adding | undefined {
        if (batching.offered || options?.asap || options?.chainId) return undefined;
        const owner = owners.get(queue);
        const call = clients.start(owner, command);
        return call && { call, queue, owner, since: owner ? 0 : performance.now() };
      },
      handOver: adding,
      refused: ({ call }) => call.refused('Error'),
    });
    // Already loaded: the queue requires it.
    hooks.onLoad('yallist/yallist.js', ({ exports }) => wrapList(exports.prototype), { versions: '>=0.0.0 <1000' });
  }

  function wrapList(prototype: any): void {
    for (const method of ['pushNode', 'unshiftNode']) {
      if (typeof prototype?.[method] !== 'function') continue;
      hooks.before(prototype, method, (_list, [{ value }]: [{ value: Queued }]) => {
        const added = adding.take();
        if (!added) return;
        const { call, queue, owner, since } = added;
        observe(value, call, () => {
          // Answered, thus written.
          const client = owner ? undefined : owners.get(queue);
          if (!client) return;
          call.sentTo(clients.serverOf(client));
          call.waitsFor(client._self ?? client, since);
        });
      });
    }
  }

  const parts: Record<string, (prototype: any) => void> = {
    'index.js': wrapClient,
    'socket.js': wrapSocket,
    'commands-queue.js': wrapQueue,
  };
  for (const name of PACKAGES) {
    for (const [file, wrap] of Object.entries(parts)) {
      hooks.onLoad(`${name}/dist/lib/client/${file}`, ({ exports, version }) => {
        if (version.startsWith('1.')) wrap(exports.default.prototype);
      });
    }
  }
}

/** Since 4.1 a chain id marks a transaction; MULTI, EXEC come later. */
function batchOf(
  commands: { args: Args }[],
  chainId: unknown,
): { kind: 'MULTI' | 'PIPELINE'; commands: { args: Args }[]; repliesIn: (replies: unknown) => unknown } {
  if (typeof chainId !== 'symbol') return { kind: 'PIPELINE', commands, repliesIn: (replies) => replies };
  const own = commands[0]?.args[0] === 'MULTI' ? commands.slice(1, -1) : commands;
  return {
    kind: 'MULTI',
    commands: own,
    repliesIn: (replies) => (Array.isArray(replies) ? replies.at(-1) : undefined),
  };
}
