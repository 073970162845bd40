import type { IncomingMessage } from 'node:http';
import type { Adapter, Hooks } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { RouteMap, type Application } from './routes.ts';

interface Request extends IncomingMessage {
  /** Of mounted routers, with values. */
  baseUrl?: string;
  app?: Application;
}

const EXPRESS_4 = { versions: '>=4.17.1 <5' };
const ROUTER_2 = { versions: '>=2.0.0 <3' };

/**
 * Express 4 (own router) and 5 (npm `router` 2). Requests know only the mounted URL, so patterns of `use` and `route`
 * are recorded.
 */
export const express: Adapter<HttpEvents> = {
  library: 'express',
  versions: '>=4.17.1 <6',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'routes (`GET /orders/:id`), through nested routers and applications',
  attach(events, hooks) {
    const routes = new RouteMap();
    // Express 4's module is the prototype.
    hooks.onLoad('express/lib/router/index.js', ({ exports }) => listen(exports, routes, hooks), EXPRESS_4);
    hooks.onLoad(
      'express/lib/router/route.js',
      ({ exports }) => observeRoutes(exports, routes, events, hooks),
      EXPRESS_4,
    );
    hooks.onLoad('router/index.js', ({ exports }) => listen(exports.prototype, routes, hooks), ROUTER_2);
    hooks.onLoad('router/lib/route.js', ({ exports }) => observeRoutes(exports, routes, events, hooks), ROUTER_2);
  },
};

function listen(prototype: { use(): void; route(): void }, routes: RouteMap, hooks: Hooks): void {
  hooks.before(prototype, 'use', (router, args) => routes.used(router, args));
  hooks.after(prototype, 'route', (added, router, [path]) => routes.added(added, router, path));
}

/** Each matched request, before its handlers. */
function observeRoutes(
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

/** The part matched by the route. */
function pathOf({ url = '/' }: Request): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
}
