import { HandOver, type Hooks } from '@foreshock/kit';
import type { Batch, CacheEvents, Command } from '../../events.ts';
import { answerBatch, observe, startBatch, type Args, type Client, type Clients, type Queued } from './clients.ts';

/** `@redis/client` 1; before redis 4.1 it was `@node-redis/client` 1. */
const PACKAGES = ['@redis/client', '@node-redis/client'];

interface QueueOptions {
  /** Of the handshake (`#initiateSocket`). */
  asap?: boolean;
  /** Of a transaction. */
  chainId?: unknown;
}

interface Executing {
  batch: Batch;
  /** Where in the value of its promise the replies are. */
  repliesIn: (value: unknown) => unknown;
}

interface Adding {
  call: Command;
  queue: object;
  /** Undefined: it is known once the queue has written something. */
  owner: Client | undefined;
}

/**
 * node-redis 4. Its commands reach the queue by a private way that was bound when the package loaded, so it is the
 * queue's own `addCommand` that is observed. Which client a queue belongs to is seen when it connects and first
 * writes: `connect` of the client calls `connect` of its socket, and `getCommandToSend` of the queue comes just before
 * `writeCommand` of the socket.
 */
export function attachRedis4(clients: Clients, cache: CacheEvents, hooks: Hooks): void {
  /** By socket and by queue. */
  const owners = new WeakMap<object, Client>();
  /** `connect` of a client calls that of its socket (`#socket.connect`). */
  const connecting = new HandOver<Client>();
  /** The queue of the command that is about to be written: `#tick` takes it there and writes it in one go. */
  let writing: object | undefined;
  /** `multiExecutor` adds its commands to the queue before it awaits them. */
  const batching = new HandOver<Executing>();
  /** `addCommand` puts a node into the queue's list. */
  const adding = new HandOver<Adding>();

  function wrapClient(prototype: any): void {
    hooks.detach(prototype, 'connect');
    hooks.calls(prototype, 'connect', { begin: (client: Client) => client, handOver: connecting });
    // `multiExecutor(commands, selectedDB?, chainId?)` is awaited by `Multi#exec`: its promise is never the caller's own.
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
      const owner = writing && owners.get(socket);
      if (writing && owner) owners.set(writing, owner);
      writing = undefined;
    });
  }

  function wrapQueue(prototype: any): void {
    hooks.after(prototype, 'getCommandToSend', (command, queue) => {
      writing = command === undefined || owners.has(queue) ? undefined : queue;
    });
    hooks.calls(prototype, 'addCommand', {
      begin(queue: object, [command, options]: [Args, QueueOptions?]): Adding | undefined {
        if (batching.offered || options?.asap || options?.chainId) return undefined;
        const owner = owners.get(queue);
        const call = clients.start(owner, command);
        return call && { call, queue, owner };
      },
      handOver: adding,
      untaken: ({ call }) => call.refused('Error'),
    });
    // What `addCommand` puts in line is a node of this list; it has loaded, the queue requires it.
    hooks.onLoad('yallist/yallist.js', ({ exports }) => wrapList(exports.prototype), { versions: '>=0.0.0 <1000' });
  }

  function wrapList(prototype: any): void {
    for (const method of ['pushNode', 'unshiftNode']) {
      if (typeof prototype?.[method] !== 'function') continue;
      hooks.before(prototype, method, (_list, [{ value }]: [{ value: Queued }]) => {
        const added = adding.take();
        if (!added) return;
        const { call, queue, owner } = added;
        observe(value, call, () => {
          // By the time there is an answer, it has been written.
          const client = owner ? undefined : owners.get(queue);
          if (client) call.sentTo(clients.serverOf(client));
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

/** From 4.1 on a transaction is told by its chain, and MULTI and EXEC are added further in. */
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
