import type { IncomingMessage } from 'node:http';
import { guard, type Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';

interface FastifyRequest {
  raw: IncomingMessage;
  /** Since 4.10; unmatched, without `url`. */
  routeOptions?: { url?: string };
}

type OnRequest = (request: FastifyRequest, reply: unknown, done: () => void) => void;

interface FastifyInstance {
  addHook(name: 'onRequest', hook: OnRequest): unknown;
  /** fastify/lib/symbols.js: hooks, inherited. */
  [hooks: symbol]: { add?(name: 'onRequest', hook: OnRequest): void } | undefined;
}

/**
 * `fastify.initialization` publishes instances without hooks yet: the first `onRequest` sees what later ones reject.
 */
export const fastify: Adapter<HttpEvents> = {
  library: 'fastify',
  versions: '>=4.10.2 <6',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'routes, also of requests a hook turned away',
  attach(events, hooks) {
    // Hook lists show it; bundlers keep property names.
    const { foreshock: hook } = {
      foreshock({ raw, routeOptions }: FastifyRequest, _reply: unknown, done: () => void) {
        const url = routeOptions?.url;
        if (hooks.active && url) guard('fastify route', () => events.routed(raw, url));
        done();
      },
    };
    hooks.onChannel<{ fastify: FastifyInstance }>('fastify.initialization', (message) => {
      addHook(message.fastify, hook);
    });
  },
};

/** `addHook` would show in `printPlugins` (fastify/fastify.js, 4 and 5). */
function addHook(fastify: FastifyInstance, hook: OnRequest): void {
  const symbol = Object.getOwnPropertySymbols(fastify).find(({ description }) => description === 'fastify.hooks');
  const own = symbol && fastify[symbol];
  if (own?.add) own.add('onRequest', hook);
  else fastify.addHook('onRequest', hook);
}
