import type { IncomingMessage } from 'node:http';
import { guard, type Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../events.ts';

interface KoaContext {
  req: IncomingMessage;
}

/** Set by `koa-router` and `@koa/router`: first with the route that will answer, then with each layer on the way. */
const ROUTE = '_matchedRoute';

/**
 * Routes of Koa: routers leave the pattern on the request's context, an object that inherits from koa/lib/context.js.
 * A setter there hears the first of it, and then is out of the way: the context has a property of its own.
 */
export const koa: Adapter<HttpEvents> = {
  library: 'koa',
  versions: '>=2.11.0 <4',
  upstream: [],
  attach(events, hooks) {
    hooks.onLoad('koa/lib/context.js', ({ exports: prototype }) => {
      if (Object.hasOwn(prototype, ROUTE)) return;
      Object.defineProperty(prototype, ROUTE, {
        configurable: true,
        get: () => undefined,
        set(this: KoaContext, route: unknown) {
          Object.defineProperty(this, ROUTE, { configurable: true, enumerable: true, writable: true, value: route });
          guard('koa route', () => events.routed(this.req, String(route)));
        },
      });
      hooks.onUndo(() => delete prototype[ROUTE]);
    });
  },
};
