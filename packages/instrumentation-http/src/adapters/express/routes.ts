import { join, lengthOf, matches, pathsOf, segmentsOf, type Path } from './paths.ts';

/** express/lib/application.js. */
export interface Application {
  mountpath?: unknown;
  parent?: Application;
  /** Express 4's, where `router` throws, and 5's. */
  _router?: object;
  router?: object;
}

interface Mount {
  on: object;
  path: Path;
}

/** A function may lead anywhere. */
interface Use {
  path: string;
  router: object | undefined;
}

/** More: an application's loop. */
const MAX_DEPTH = 16;
const MAX_PLACES = 8;
const MAX_USES = 1_000;

/** Recorded at setup. */
export class RouteMap {
  readonly #mounts = new WeakMap<object, Mount[]>();
  readonly #uses = new WeakMap<object, Use[]>();
  /** A route's last; mounts clear it. */
  #found = new WeakMap<object, { baseUrl: string; pattern: string }>();

  /** Handlers may be routers and applications, in nested arrays. */
  used(router: object, args: readonly unknown[]): void {
    const [first] = [args[0]].flat(MAX_DEPTH);
    const isPath = typeof first !== 'function';
    for (const path of isPath ? pathsOf(args[0]) : ['/']) {
      for (const handler of args.slice(isPath ? 1 : 0).flat(MAX_DEPTH)) this.#use(router, path, handler);
    }
  }

  #use(router: object, path: Path, handler: unknown): void {
    const isRouter = typeof (handler as { handle?: unknown } | undefined)?.handle === 'function';
    if (isRouter) this.#mount(handler as object, router, path);
    const use: Use = { path: String(path), router: isRouter ? (handler as object) : undefined };
    const uses = this.#uses.get(router) ?? [];
    const isKnown = uses.some((each) => each.path === use.path && each.router === use.router);
    if (use.path === '/' ? !isRouter : path instanceof RegExp) return;
    if (isKnown || uses.length >= MAX_USES) return;
    uses.push(use);
    this.#uses.set(router, uses);
  }

  added(route: object, router: object, path: unknown): void {
    for (const each of pathsOf(path)) this.#mount(route, router, each);
  }

  /**
   * The whole pattern: `/orders/:id`.
   *
   * @param baseUrl of the router
   * @param url the rest
   * @returns undefined when unknown
   */
  patternOf(route: object, app: Application | undefined, baseUrl = '', url = ''): string | undefined {
    const found = this.#found.get(route);
    if (found?.baseUrl === baseUrl) return found.pattern;
    const mounts = this.#mounts.get(route);
    if (!mounts) return undefined;
    const mount = mounts.find(({ path }) => matches(path, url)) ?? mounts[0]!;
    const places = this.#places(mount.on, app);
    const place = places.find((each) => matches(each, baseUrl)) ?? this.#reached(mount.on, app, baseUrl) ?? places[0];
    // Called by a function: no mount point.
    if (place === undefined || (place === '' && baseUrl !== '')) return undefined;
    const pattern = join(place, String(mount.path)) || '/';
    if (mounts.length === 1) this.#found.set(route, { baseUrl, pattern });
    return pattern;
  }

  #mount(what: object, on: object, path: Path): void {
    const mounts = this.#mounts.get(what) ?? [];
    if (mounts.length >= MAX_PLACES || mounts.some((each) => each.on === on && String(each.path) === String(path))) {
      return;
    }
    mounts.push({ on, path });
    this.#mounts.set(what, mounts);
    this.#found = new WeakMap();
  }

  /**
   * Unmounted: its application's root.
   *
   * @param below ends circles
   */
  #places(router: object, app: Application | undefined, below: readonly object[] = []): string[] {
    if (below.includes(router) || below.length >= MAX_DEPTH) return [];
    const passed = [...below, router];
    const mounts = this.#mounts.get(router);
    if (mounts) return this.#under(mounts, app, passed);
    if (!app) return [''];
    if (app.parent) {
      const own = pathsOf(app.mountpath).map((path) => ({ on: app.parent!, path }));
      return this.#under(own, app.parent, passed);
    }
    // `router.use` does not set `parent`.
    const byRouter = this.#mounts.get(app);
    return byRouter ? this.#under(byRouter, undefined, passed) : [''];
  }

  #under(mounts: Mount[], app: Application | undefined, below: readonly object[]): string[] {
    const places: string[] = [];
    for (const { on, path } of mounts) {
      for (const each of this.#places(on, app, below)) places.push(join(each, String(path)));
      if (places.length >= MAX_PLACES) break;
    }
    return places.slice(0, MAX_PLACES);
  }

  /** Below one that a function called. */
  #reached(router: object, app: Application | undefined, baseUrl: string): string | undefined {
    const root = app && (app._router ?? app.router);
    if (!root || baseUrl === '') return undefined;
    const given = segmentsOf(baseUrl);
    const starts = app.parent ? this.#places(app, app) : [''];
    for (const start of starts) {
      const from = lengthOf(start, given);
      if (from === undefined) continue;
      for (const tail of this.#tails(router, 0)) {
        const end = given.length - segmentsOf(tail).length;
        if (end < from || lengthOf(tail, given.slice(end)) === undefined) continue;
        const way = this.#way(root, given.slice(from, end), 0);
        if (way !== undefined) return start + way + tail;
      }
    }
    return undefined;
  }

  /** Its patterns' ends, by way of each router above. */
  #tails(router: object, depth: number): string[] {
    const tails = [''];
    for (const { on, path } of depth < MAX_DEPTH ? (this.#mounts.get(router) ?? []) : []) {
      for (const each of this.#tails(on, depth + 1)) tails.push(join(each, String(path)));
      if (tails.length > MAX_PLACES) break;
    }
    return tails.slice(0, MAX_PLACES);
  }

  /** Through all segments to a function. */
  #way(router: object, given: readonly string[], depth: number): string | undefined {
    if (given.length === 0) return '';
    for (const { path, router: next } of depth < MAX_DEPTH ? (this.#uses.get(router) ?? []) : []) {
      const length = path === '/' ? 0 : lengthOf(path, given);
      if (length === undefined) continue;
      const rest = given.slice(length);
      if (rest.length === 0 && !next) return join('', path);
      const way = next && this.#way(next, rest, depth + 1);
      if (way) return join('', path) + way;
    }
    return undefined;
  }
}
