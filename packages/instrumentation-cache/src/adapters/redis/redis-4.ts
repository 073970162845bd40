import { guard, runDetached, type Hooks } from '@foreshock/kit';
import type { CacheEvents } from '../../events.ts';
import { observe, observeBatch, type Args, type Client, type Clients, type Queued } from './clients.ts';

/** `@redis/client` 1; before redis 4.1 it was `@node-redis/client` 1. */
const PACKAGES = ['@redis/client', '@node-redis/client'];

interface QueueOptions {
  /** Of the handshake (`#initiateSocket`). */
  asap?: boolean;
  /** Of a transaction. */
  chainId?: unknown;
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
  let connecting: Client | undefined;
  let writing: object | undefined;
  let batching = false;
  let adding: { queued: Queued | undefined } | undefined;

  function wrapClient(prototype: any): void {
    hooks.wrap(prototype, 'connect', (original) => {
      return function (this: Client, ...args: unknown[]) {
        connecting = this;
        try {
          return hooks.active ? runDetached(original, this, args) : original.apply(this, args);
        } finally {
          connecting = undefined;
        }
      };
    });
    // `multiExecutor(commands, selectedDB?, chainId?)` is awaited by `Multi#exec`: its promise is never the caller's own.
    hooks.wrap(prototype, 'multiExecutor', (original) => {
      return function (this: Client, ...args: [{ args: Args }[], ...unknown[]]) {
        if (!hooks.active) return original.apply(this, args);
        const execute = (): Promise<unknown> => {
          batching = true;
          try {
            return original.apply(this, args);
          } finally {
            batching = false;
          }
        };
        const { kind, commands, repliesIn } = batchOf(args[0], args.at(-1));
        return observeBatch(clients.serverOf(this), cache, { kind, commands, execute, repliesIn });
      };
    });
  }

  function wrapSocket(prototype: any): void {
    hooks.wrap(prototype, 'connect', (original) => {
      return function (this: object, ...args: unknown[]) {
        if (connecting) owners.set(this, connecting);
        return original.apply(this, args);
      };
    });
    hooks.wrap(prototype, 'writeCommand', (original) => {
      return function (this: object, ...args: unknown[]) {
        const owner = writing && owners.get(this);
        if (writing && owner) owners.set(writing, owner);
        writing = undefined;
        return original.apply(this, args);
      };
    });
  }

  function wrapQueue(prototype: any): void {
    hooks.wrap(prototype, 'getCommandToSend', (original) => {
      return function (this: object, ...args: unknown[]) {
        const command = original.apply(this, args);
        writing = command === undefined || owners.has(this) ? undefined : this;
        return command;
      };
    });
    hooks.wrap(prototype, 'addCommand', (original) => {
      return function (this: object, ...args: [Args, QueueOptions | undefined, ...unknown[]]) {
        const [command, options] = args;
        if (!hooks.active || batching || options?.asap || options?.chainId) return original.apply(this, args);
        const owner = owners.get(this);
        const call = guard('redis command', () => clients.start(owner, command));
        if (!call) return original.apply(this, args);
        const mine: NonNullable<typeof adding> = (adding = { queued: undefined });
        let result;
        try {
          result = original.apply(this, args);
        } finally {
          adding = undefined;
        }
        guard('redis command', () => {
          if (!mine.queued) return call.refused('Error');
          // By the time there is an answer, it has been written.
          return observe(mine.queued, call, () => {
            const client = owner ? undefined : owners.get(this);
            if (client) call.sentTo(clients.serverOf(client));
          });
        });
        return result;
      };
    });
    // What `addCommand` puts in line is a node of this list; it has loaded, the queue requires it.
    hooks.onLoad('yallist/yallist.js', ({ exports }) => wrapList(exports.prototype), { versions: '>=0.0.0 <1000' });
  }

  function wrapList(prototype: any): void {
    for (const method of ['pushNode', 'unshiftNode']) {
      if (typeof prototype?.[method] !== 'function') continue;
      hooks.wrap(prototype, method, (original) => {
        return function (this: unknown, ...args: [{ value: Queued }, ...unknown[]]) {
          if (adding && !adding.queued) adding.queued = args[0].value;
          return original.apply(this, args);
        };
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
