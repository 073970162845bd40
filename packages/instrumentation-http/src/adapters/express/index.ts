import type { IncomingMessage } from 'node:http';
import type { Adapter, Hooks } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { RouteMap, type Application } from './routes.ts';

interface Request extends IncomingMessage {
  /** The part of the URL that routers were mounted at, with the values of its parameters. */
  baseUrl?: string;
  app?: Application;
}

const EXPRESS_4 = { versions: '>=4.17.1 <5' };
const ROUTER_2 = { versions: '>=2.0.0 <3' };

/**
 * Routes of Express 4 (with its router inside) and 5 (with npm `router` 2). A route knows its own path, and a
 * request the URL its routers were mounted at, but nobody the pattern of that. So `use` and `route` are listened to
 * while the application is put together; for a request all is known by then.
 */
export const express: Adapter<HttpEvents> = {
  library: 'express',
  versions: '>=4.17.1 <6',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'routes (`GET /orders/:id`), through nested routers and applications',
  attach(events, hooks) {
    const routes = new RouteMap();
    // In Express 4 the module is the routers' prototype itself.
    hooks.onLoad('express/lib/router/index.js', ({ exports }) => listen(exports, routes, hooks), EXPRESS_4);
    hooks.onLoad('express/lib/router/route.js', ({ exports }) => watch(exports, routes, events, hooks), EXPRESS_4);
    hooks.onLoad('router/index.js', ({ exports }) => listen(exports.prototype, routes, hooks), ROUTER_2);
    hooks.onLoad('router/lib/route.js', ({ exports }) => watch(exports, routes, events, hooks), ROUTER_2);
  },
};

function listen(prototype: { use(): void; route(): void }, routes: RouteMap, hooks: Hooks): void {
  hooks.before(prototype, 'use', (router, args) => routes.used(router, args));
  hooks.after(prototype, 'route', (added, router, [path]) => routes.added(added, router, path));
}

/** `Route.prototype.dispatch` runs for each request that has matched a route, before its handlers. */
function watch(
  RouteClass: { prototype: { dispatch(): void } },
  routes: RouteMap,
  events: HttpEvents,
  hooks: Hooks,
): void {
  hooks.before(RouteClass.prototype, 'dispatch', (matched: object, [request]: [Request]) => {
    const route = routes.patternOf(matched, request.app, request.baseUrl, pathOf(request));
    if (route !== undefined) events.routed(request, route);
  });
}

/** What is left of the path where a route was matched. */
function pathOf({ url = '/' }: Request): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
}
