import type { IncomingMessage } from 'node:http';
import { guard, type Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';

/** A layer of `koa-router` and `@koa/router`. */
interface Layer {
  path: unknown;
  /** None for a `use`. */
  methods: readonly string[];
}

interface KoaContext {
  req: IncomingMessage;
  /** Path as it is here, and the whole URL as it came in. */
  path: string;
  originalUrl: string;
  /** koa-mount: where the application that this code belongs to is mounted. */
  mountPath?: string;
  /** The layers whose path matches. */
  matched?: readonly Layer[];
}

/** Set by `koa-router` and `@koa/router`: first with the route that will answer, then with each layer on the way. */
const ROUTE = '_matchedRoute';

/**
 * Routes of Koa: routers leave the pattern on the request's context, an object that inherits from koa/lib/context.js.
 * A setter hears each of them. The last one that has a method is the route: a catch-all in front calls `next`.
 */
export const koa: Adapter<HttpEvents> = {
  library: 'koa',
  versions: '>=2.11.0 <4',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'routes of `@koa/router` and `koa-router` (tested with 12 and 15)',
  attach(events, hooks) {
    hooks.onLoad('koa/lib/context.js', ({ exports: prototype }) => {
      if (Object.hasOwn(prototype, ROUTE)) return;
      Object.defineProperty(prototype, ROUTE, {
        configurable: true,
        get: () => undefined,
        set(this: KoaContext, first: unknown) {
          let route = first;
          const hear = (): void => {
            if (!hooks.active || !isRoute(this, route)) return;
            const pattern = String(route);
            // Behind a catch-all that calls `next` there may be nothing more.
            events.routed(this.req, mountOf(this) + pattern, pattern.includes('*'));
          };
          Object.defineProperty(this, ROUTE, {
            configurable: true,
            enumerable: true,
            get: () => route,
            set(next: unknown) {
              if (next === route) return;
              route = next;
              guard('koa route', hear);
            },
          });
          guard('koa route', hear);
        },
      });
      hooks.onUndo(() => delete prototype[ROUTE]);
    });
  },
};

function isRoute({ matched }: KoaContext, route: unknown): boolean {
  if (!Array.isArray(matched)) return true;
  return matched.some((layer: Layer) => layer.path === route && layer.methods?.length > 0);
}

/** The part of the URL that koa-mount has taken off the path; it takes no patterns. */
function mountOf({ mountPath, path, originalUrl }: KoaContext): string {
  if (mountPath === undefined) return '';
  const mark = originalUrl.indexOf('?');
  const whole = mark < 0 ? originalUrl : originalUrl.slice(0, mark);
  const taken = whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : path === '/' ? whole : '';
  return taken.endsWith(mountPath.replace(/\/$/, '')) ? taken : '';
}
