import type { IncomingMessage } from 'node:http';
import { guard, type Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';

interface FastifyRequest {
  raw: IncomingMessage;
  /** Since 4.10; without a `url` when no route matched. */
  routeOptions?: { url?: string };
}

type OnRequest = (request: FastifyRequest, reply: unknown, done: () => void) => void;

interface FastifyInstance {
  addHook(name: 'onRequest', hook: OnRequest): unknown;
  /** fastify/lib/symbols.js: its hooks, from which plugins inherit. */
  [hooks: symbol]: { add?(name: 'onRequest', hook: OnRequest): void } | undefined;
}

/**
 * Routes of Fastify: its channel `fastify.initialization` hands over each instance before it has hooks, and the
 * first `onRequest` hook sees every request that has a route, also those that the next hook turns away. (The
 * channel `fastify.request.handler` does not, and costs each request an asynchronous scope.)
 */
export const fastify: Adapter<HttpEvents> = {
  library: 'fastify',
  versions: '>=4.10.2 <6',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'routes, also of requests a hook turned away',
  attach(events, hooks) {
    // Its name says whose it is where an application lists its hooks; as a property, a bundle cannot change it.
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

/** The first hook. `addHook` would put a step more into the start that `printPlugins` shows (fastify/fastify.js, 4 and 5). */
function addHook(fastify: FastifyInstance, hook: OnRequest): void {
  const symbol = Object.getOwnPropertySymbols(fastify).find(({ description }) => description === 'fastify.hooks');
  const own = symbol && fastify[symbol];
  if (own?.add) own.add('onRequest', hook);
  else fastify.addHook('onRequest', hook);
}
