/** express/lib/application.js: mounted on another application, it says where. */
export interface Application {
  mountpath?: unknown;
  parent?: Application;
}

/** Where a route, a router or an application hangs. */
interface Mount {
  on: object;
  path: string;
}

/** Routers are not nested deeper, and one that is mounted in more places is in somebody's loop. */
const MAX_DEPTH = 16;
const MAX_PLACES = 8;

/** Where the routes of Express applications hang, learned while they are put together. */
export class RouteMap {
  readonly #mounts = new WeakMap<object, Mount[]>();
  /** Patterns of routes that hang in one place, valid until something else is mounted. */
  #patterns = new WeakMap<object, string>();

  /** `router.use([path], ...handlers)` was called; handlers may be routers and applications, in arrays of arrays. */
  used(router: object, args: readonly unknown[]): void {
    const [first] = [args[0]].flat(MAX_DEPTH);
    const path = typeof first === 'function' ? '/' : text(args[0]);
    for (const handler of args.flat(MAX_DEPTH)) {
      if (typeof (handler as { handle?: unknown } | undefined)?.handle === 'function')
        this.#mount(handler as object, router, path);
    }
  }

  /** `router.route(path)` made this route. */
  added(route: object, router: object, path: unknown): void {
    this.#mount(route, router, text(path));
  }

  /**
   * The pattern of a route from the root on: `/orders/:id`.
   *
   * @param app the application the route's router belongs to
   * @param baseUrl decides when a router is mounted in several places
   * @returns undefined for a route made before this was listening
   */
  patternOf(route: object, app: Application | undefined, baseUrl: string | undefined): string | undefined {
    const known = this.#patterns.get(route);
    if (known !== undefined) return known;
    const mount = this.#mounts.get(route)?.[0];
    if (!mount) return undefined;
    const places = this.#places(mount.on, app);
    const place = places.find((each) => matches(each, baseUrl ?? '')) ?? places[0] ?? '';
    const pattern = join(place, mount.path) || '/';
    if (places.length === 1) this.#patterns.set(route, pattern);
    return pattern;
  }

  #mount(what: object, on: object, path: string): void {
    const mounts = this.#mounts.get(what) ?? [];
    if (mounts.length >= MAX_PLACES || mounts.some((each) => each.on === on && each.path === path)) return;
    mounts.push({ on, path });
    this.#mounts.set(what, mounts);
    this.#patterns = new WeakMap();
  }

  /**
   * The patterns a router can be reached by; a router mounted nowhere is the root of its application.
   *
   * @param below what has been passed on the way up, so that a circle ends
   */
  #places(router: object, app: Application | undefined, below: readonly object[] = []): string[] {
    if (below.includes(router) || below.length >= MAX_DEPTH) return [];
    const passed = [...below, router];
    const mounts = this.#mounts.get(router);
    if (mounts) return this.#under(mounts, app, passed);
    if (!app) return [''];
    if (app.parent) {
      return this.#places(app.parent, app.parent, passed).map((each) => join(each, text(app.mountpath)));
    }
    // Mounted by `router.use`, which does not tell the application.
    const byRouter = this.#mounts.get(app);
    return byRouter ? this.#under(byRouter, undefined, passed) : [''];
  }

  #under(mounts: Mount[], app: Application | undefined, below: readonly object[]): string[] {
    const places: string[] = [];
    for (const { on, path } of mounts) {
      for (const each of this.#places(on, app, below)) places.push(join(each, path));
      if (places.length >= MAX_PLACES) break;
    }
    return places.slice(0, MAX_PLACES);
  }
}

function text(path: unknown): string {
  return Array.isArray(path) ? path.map(text).join(',') : String(path ?? '/');
}

function join(place: string, path: string): string {
  if (path === '/' || path === '') return place;
  return place + (path.startsWith('/') ? path : `/${path}`);
}

/** Whether a URL can have come from a pattern: the same number of segments, each a parameter or the same. */
function matches(pattern: string, url: string): boolean {
  const wanted = pattern.split('/');
  const given = url.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((segment, i) => /^[:*{(]/.test(segment) || segment.toLowerCase() === given[i]?.toLowerCase())
  );
}
