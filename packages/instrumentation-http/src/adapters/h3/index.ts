import type { IncomingMessage } from 'node:http';
import {
  guard,
  replacementOf,
  replaceOn,
  whenAssigned,
  type Adapter,
  type AnyFunction,
  type Attachment,
} from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';

/** Of 1. */
interface Router {
  handler(event: Event1): unknown;
}

interface Event1 {
  readonly path: string;
  readonly node: { readonly req: IncomingMessage & { originalUrl?: string; baseUrl?: string } };
  readonly context: { matchedRoute?: { readonly path: string } };
}

/** Of 2. */
interface Event2 {
  readonly runtime?: { readonly node?: { readonly req?: IncomingMessage } };
}

interface Match2 {
  readonly data?: { readonly route?: string };
}

/**
 * h3 1: routers are closures of `createRouter`. 2: `~findRoute` of `H3`. Bundled into an application, as by Nitro, it cannot be
 * seen.
 */
export const h3: Adapter<HttpEvents> = {
  library: 'h3',
  versions: '>=1.8.0 <3',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'routes; not of what Nitro and Nuxt have bundled',
  attach(events, hooks) {
    const replaced = (original: AnyFunction): AnyFunction =>
      replacementOf(original, events, hooks, observedRouters, h3);
    hooks.onLoad('h3/dist/index.cjs', ({ exports }) => hooks.wrap(exports, 'createRouter', replaced));
    hooks.onLoad('h3/dist/index.mjs', ({ rebind }) => rebind?.('createRouter', replaced), {
      bindings: ['createRouter'],
    });
    hooks.onLoad('h3/dist/_entries/node.mjs', ({ exports }) =>
      hooks.after(exports.H3.prototype, '~findRoute', (match: Match2 | undefined, _app, [{ runtime }]: [Event2]) => {
        const request = runtime?.node?.req;
        if (request) routed(events, request, match?.data?.route);
      }),
    );
  },
};

function observedRouters(createRouter: AnyFunction, attachment: Attachment<HttpEvents>): AnyFunction {
  return function (this: unknown, ...args: unknown[]): Router {
    const router: Router = createRouter.apply(this, args);
    guard('h3 router', () => replaceOn(router as never, 'handler', (handler) => observedHandler(handler, attachment)));
    return router;
  };
}

function observedHandler(handler: AnyFunction, attachment: Attachment<HttpEvents>): AnyFunction {
  return function (this: unknown, event: Event1) {
    if (attachment.active) {
      guard('h3 route', () => {
        const { context, node } = event;
        const base = baseOf(event);
        whenAssigned(context, 'matchedRoute', 'h3 route', () => {
          routed(attachment.events, node.req, base + context.matchedRoute!.path);
        });
      });
    }
    return handler.call(this, event);
  };
}

function routed(events: HttpEvents, request: IncomingMessage, route: string | undefined): void {
  if (route !== undefined) events.routed(request, route, route.includes('*'));
}

/** What `app.use` and `useBase` took off the path: no patterns. What Express took off (`baseUrl`) may have values. */
function baseOf({ path, node }: Event1): string {
  const { originalUrl, baseUrl = '' } = node.req;
  const whole = originalUrl?.startsWith(baseUrl) ? originalUrl.slice(baseUrl.length) : (originalUrl ?? path);
  if (whole.endsWith(path)) return whole.slice(0, whole.length - path.length);
  return path === '/' ? whole.split('?', 1)[0]! : '';
}
