import type { IncomingMessage } from 'node:http';
import { guard, type Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';

interface FastifyRequest {
  raw: IncomingMessage;
  /** Since 4.10; without a `url` when no route matched. */
  routeOptions?: { url?: string };
}

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): unknown;
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
    hooks.onChannel<{ fastify: FastifyInstance }>('fastify.initialization', (message) => {
      // Its name says whose it is where an application lists its hooks.
      message.fastify.addHook('onRequest', function foreshock({ raw, routeOptions }, _reply, done) {
        const url = routeOptions?.url;
        if (hooks.active && url) guard('fastify route', () => events.routed(raw, url));
        done();
      });
    });
  },
};
