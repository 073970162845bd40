import { HandOver, type Adapter, type Hooks } from '@foreshock/kit';
import type { CacheEvents, Command } from '../../events.ts';
import { wrapMessages } from '../../published.ts';
import { attachOpenings } from './opening.ts';
import { attachRedis4 } from './redis-4.ts';
import { answerBatch, Clients, observe, startBatch, type Args, type Client, type Queued } from './clients.ts';

/**
 * node-redis 4 to 6, under both package names. Its channels (since 5.12) lack keys (`sanitizeArgs`,
 * dist/lib/client/tracing.js), so `sendCommand` is observed, with `resolve` and `reject` of what it queues.
 * `node-redis:cache:request` reports the client-side cache's hits.
 */
export const redis: Adapter<CacheEvents> = {
  library: 'redis',
  // Of @redis/client: 1 is redis 4.
  versions: '>=1.0.0 <7',
  libraryVersions: '>=4.0.0 <7',
  upstream: ['@opentelemetry/instrumentation-redis', '@opentelemetry/instrumentation-redis-4'],
  shows: ['spans', 'parent', 'attempt or hit'],
  title: '`redis` (node-redis)',
  summary: 'commands, pipelines, transactions, clusters; stampedes on one key; hits of its own cache from 5 on',
  attach(cache, hooks) {
    const clients = new Clients(cache);
    attachRedis4(clients, cache, hooks);
    wrapClient(clients, cache, hooks);
    attachOpenings(clients, hooks);
    // Private to its queue before redis 4.6.
    hooks.onLoad('@redis/client/dist/lib/client/pub-sub.js', ({ exports }) => {
      wrapMessages(exports.PubSub.prototype, 'handleMessageReply', cache, hooks);
    });
    hooks.onChannel<{ result?: unknown }>('node-redis:cache:request', ({ result }) =>
      cache.lookup(clients, 'client-side', undefined, result === 'hit' ? 'hit' : 'miss'),
    );
  },
};

interface Sending {
  call: Command;
  args: Args;
}

interface CommandOptions {
  abortSignal?: AbortSignal;
}

/** From 5.0. */
function wrapClient(clients: Clients, cache: CacheEvents, hooks: Hooks): void {
  /** `sendCommand` calls `addCommand`, and that `add`, synchronously. */
  const sending = new HandOver<Sending>();

  hooks.onLoad('@redis/client/dist/lib/client/index.js', ({ exports, version }) => {
    if (version.startsWith('1.')) return;
    const { prototype } = exports.default;
    hooks.calls(prototype, 'sendCommand', {
      begin(client: Client, [args]): Sending | undefined {
        const call = clients.start(client, args);
        return call && { call, args };
      },
      handOver: sending,
      failed: ({ call }, error) => call.failed(error),
      refused: ({ call }, client, [, options]) => refuse(client, call, options),
    });
    // A connection outlives its opener.
    hooks.detach(prototype, 'connect');
    // `Multi#exec` awaits both, unseen by callers.
    for (const [method, kind] of [
      ['_executeMulti', 'MULTI'],
      ['_executePipeline', 'PIPELINE'],
    ] as const) {
      hooks.calls(prototype, method, {
        begin: (client: Client, [commands]) => startBatch(cache, clients, client, kind, commands),
        succeeded: answerBatch,
        failed: (batch, error) => batch.failed(error),
      });
    }
  });

  hooks.onLoad('@redis/client/dist/lib/client/linked-list.js', ({ exports }) => {
    hooks.before(exports.DoublyLinkedList.prototype, 'add', (_list, [queued]: Queued[]) => {
      if (sending.offered?.args === queued?.args) observe(queued!, sending.take()!.call);
    });
  });
}

/** Never queued; the caller's promise has the reason. */
function refuse(client: Client, call: Command, options: CommandOptions | undefined): void {
  const limits = client.options;
  if (options?.abortSignal?.aborted) call.refused('AbortError');
  else if (!client.isOpen) call.refused('ClientClosedError');
  else if (!client.isReady && limits?.disableOfflineQueue) call.refused('ClientOfflineError');
  else if (limits?.commandsQueueMaxLength) call.refused('Error');
}
