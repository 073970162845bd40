/* Faults that the contract of the web frameworks must find. */
import type { Fault } from '@foreshock/testkit';

const ADAPTERS = 'instrumentation-http/src/adapters';

export const routeFaults: readonly Fault[] = [
  {
    library: 'express',
    fault: 'mounted routers have no part in the route',
    file: `${ADAPTERS}/express/index.ts`,
    from: "hooks.before(prototype, 'use', (router, args) => routes.used(router, args));",
    to: '',
  },
  {
    library: 'express',
    fault: 'the caller’s trace is not continued',
    file: 'instrumentation-http/src/boundary.ts',
    from: 'propagation.extract(ROOT_CONTEXT, request.headers)',
    to: 'ROOT_CONTEXT',
  },
  {
    library: 'h3',
    fault: 'the route is a match of nothing',
    file: `${ADAPTERS}/h3/index.ts`,
    from: 'routed(events, request, match?.data?.route);',
    to: 'routed(events, request, request.url);',
  },
  {
    library: 'hono',
    fault: 'a mounted application’s route is the request’s',
    file: `${ADAPTERS}/hono/index.ts`,
    from: '  seen.add(incoming);',
    to: '',
  },
  {
    library: 'hono',
    fault: 'the first route that matches is taken for the one that answers',
    file: `${ADAPTERS}/hono/index.ts`,
    from: '  whenAnotherRuns(context, matched, route, routed);',
    to: '',
  },
  {
    library: 'hono',
    fault: 'catch-alls of middleware come before routes',
    file: `${ADAPTERS}/hono/routes.ts`,
    from: "matched.find(isPlain) ?? matched.findLast(({ method }) => method !== 'ALL') ?? matched.findLast(isOfPart)",
    to: 'matched[0]',
  },
  {
    library: 'koa',
    fault: 'the path of a mounted application is left out',
    file: `${ADAPTERS}/koa/index.ts`,
    from: 'mountOf(this) + pattern',
    to: 'pattern',
  },
  {
    library: 'koa',
    fault: 'a catch-all of middleware is a route',
    file: `${ADAPTERS}/koa/index.ts`,
    from: '!hooks.active || !isRoute(this, route)',
    to: '!hooks.active',
  },
  {
    library: 'koa',
    fault: 'an answer of 404 has a route',
    file: 'instrumentation-http/src/served-request.ts',
    from: 'this.#possibleRoute !== undefined && statusCode !== 404',
    to: 'this.#possibleRoute !== undefined',
  },
  {
    library: 'fastify',
    fault: 'the route is the path of the request',
    file: `${ADAPTERS}/fastify/index.ts`,
    from: 'events.routed(raw, url)',
    to: "events.routed(raw, raw.url ?? '')",
  },
];
