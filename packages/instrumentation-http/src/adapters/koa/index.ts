import type { IncomingMessage } from 'node:http';
import { guard, type Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';

/** A layer of `koa-router` and `@koa/router`. */
interface Layer {
  path: unknown;
  /** Empty for `use`. */
  methods: readonly string[];
}

interface KoaContext {
  req: IncomingMessage;
  path: string;
  originalUrl: string;
  /** koa-mount's mount path. */
  mountPath?: string;
  /** Whose path matches. */
  matched?: readonly Layer[];
}

/** `koa-router` and `@koa/router` set it to the route, then each layer. */
const ROUTE = '_matchedRoute';

/** A setter on koa/lib/context.js sees routers' patterns. The last layer with a method is the route. */
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
          const listener = (): void => {
            if (!hooks.active || !isRoute(this, route)) return;
            const pattern = String(route);
            // Catch-alls may have no route.
            events.routed(this.req, mountOf(this) + pattern, pattern.includes('*'));
          };
          Object.defineProperty(this, ROUTE, {
            configurable: true,
            enumerable: true,
            get: () => route,
            set(next: unknown) {
              if (next === route) return;
              route = next;
              guard('koa route', listener);
            },
          });
          guard('koa route', listener);
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

/** koa-mount has no patterns. */
function mountOf({ mountPath, path, originalUrl }: KoaContext): string {
  if (mountPath === undefined) return '';
  const mark = originalUrl.indexOf('?');
  const whole = mark < 0 ? originalUrl : originalUrl.slice(0, mark);
  const taken = whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : path === '/' ? whole : '';
  return taken.endsWith(mountPath.replace(/\/$/, '')) ? taken : '';
}
