import { guard } from '@foreshock/kit';

/** hono/dist/hono-base.js, `addRoute`. */
export interface Route {
  readonly path: string;
  /** `ALL`: of `all`, `use`, `mount`. */
  readonly method: string;
}

export interface HonoRequest {
  /** Of the handler that runs (hono/dist/compose.js). */
  routeIndex: number;
  /** Deprecated since 4.8. */
  readonly matchedRoutes?: readonly Route[];
}

/** @param matched in the order of registration, with middleware */
export function routeOf(matched: readonly Route[]): Route | undefined {
  // Handlers rarely pass on.
  return matched.find(isPlain) ?? matched.findLast(({ method }) => method !== 'ALL') ?? matched.findLast(isOfPart);
}

/** Middleware mostly has a catch-all. */
function isPlain({ path }: Route): boolean {
  return !path.includes('*');
}

/** Not everybody's. */
function isOfPart({ path }: Route): boolean {
  return path !== '/*' && path !== '*';
}

/** A handler passed on to the next route. */
export function whenAnotherRuns(
  context: { readonly req: HonoRequest },
  matched: readonly Route[],
  first: Route,
  routed: (route: Route) => void,
): void {
  if (matched.every((route) => !isPlain(route) || route.path === first.path)) return;
  const { req } = context;
  let index = req.routeIndex;
  Object.defineProperty(req, 'routeIndex', {
    configurable: true,
    enumerable: true,
    get: () => index,
    set(next: number) {
      index = next;
      guard('hono route', () => {
        const running = matched[next];
        if (running && isPlain(running)) routed(running);
      });
    },
  });
}
