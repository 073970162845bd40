import type { IncomingMessage } from 'node:http';
import { guard, replacementOf, withFixed, type Adapter, type AnyFunction, type Attachment } from '@foreshock/kit';
import type { HttpEvents } from '../../events.ts';
import { routeOf, whenAnotherRuns, type HonoRequest, type Route } from './routes.ts';

interface ContextOptions {
  /** Of `@hono/node-server`. */
  env?: { incoming?: IncomingMessage };
  /** Since 4.3; before, the request has it. */
  matchResult?: readonly [readonly (readonly [readonly [unknown, Route], unknown])[], ...unknown[]];
}

type ContextClass = new (request: object, options?: ContextOptions) => { readonly req: HonoRequest };

/** A request's second context is a mounted application's: it knows a part of the path. */
const seen = new WeakSet<IncomingMessage>();

/**
 * Hono 4: a `Context` (context.js) is made for each request, with the routes that match. What adds and runs routes is
 * private, and an application's `router` may be any. The file exists twice.
 */
export const hono: Adapter<HttpEvents> = {
  library: 'hono',
  versions: '>=4.0.0 <5',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'routes, through `app.route`, on `@hono/node-server` (tested with 1 and 2)',
  attach(events, hooks) {
    const replaced = (original: AnyFunction): AnyFunction =>
      replacementOf(original, events, hooks, observedContext, hono);
    hooks.onLoad('hono/dist/context.js', ({ rebind }) => rebind?.('Context', replaced), { bindings: ['Context'] });
    hooks.onLoad('hono/dist/cjs/context.js', ({ replaceExports }) =>
      replaceExports?.((exports) => withFixed(exports, 'Context', replaced(exports.Context))),
    );
  },
};

function observedContext(original: AnyFunction, attachment: Attachment<HttpEvents>): AnyFunction {
  class Context extends (original as unknown as ContextClass) {
    constructor(request: object, options?: ContextOptions) {
      super(request, options);
      if (attachment.active) guard('hono route', () => observe(this, options, attachment.events));
    }
  }
  return Context as unknown as AnyFunction;
}

function observe(
  context: { readonly req: HonoRequest },
  options: ContextOptions | undefined,
  events: HttpEvents,
): void {
  const incoming = options?.env?.incoming;
  if (!incoming || seen.has(incoming)) return;
  seen.add(incoming);
  const matched = options.matchResult?.[0].map(([[, route]]) => route) ?? context.req.matchedRoutes ?? [];
  const route = routeOf(matched);
  if (!route) return;
  const routed = ({ path }: Route): void => events.routed(incoming, path, path.includes('*'));
  routed(route);
  whenAnotherRuns(context, matched, route, routed);
}
