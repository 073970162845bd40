import { BoundedMap, CommonAttributes, dependencies, type Dependency } from '@foreshock/kit';
import type { CacheServer } from './events.ts';

/** A `keyShape` may be unlimited. */
const MAX_TEXTS = 256;

export class KnownServer {
  readonly server: CacheServer;
  /** `cache.name` and the pool's: `host:port/database`. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** While `/readyz` is served. */
  readonly dependency: Dependency | undefined;
  readonly #commands = new BoundedMap<string, CommonAttributes>(MAX_TEXTS);

  constructor(server: CacheServer) {
    const { system, host, port, database } = server;
    const attributes: Record<string, string | number> = { 'db.system.name': system };
    if (database !== undefined) attributes['db.namespace'] = database;
    if (host !== undefined) attributes['server.address'] = host;
    if (port !== undefined) attributes['server.port'] = port;
    const address = port === undefined ? (host ?? system) : `${host ?? 'localhost'}:${port}`;
    this.server = server;
    this.name = database === undefined ? address : `${address}/${database}`;
    this.attributes = attributes;
    this.dependency = dependencies()?.note({ system, address: host, port });
  }

  /** @param text undefined for a batch */
  command(operation: string, text: string | undefined): CommonAttributes {
    const key = text ?? `${operation}\0`;
    const known = this.#commands.get(key);
    if (known) return known;
    const { system, host, port } = this.server;
    const values = { ...this.measured(operation), 'db.query.text': text };
    return this.#commands.set(key, new CommonAttributes(values, { system, address: host, port }));
  }

  measured(operation: string): Record<string, string | number> {
    return { ...this.attributes, 'db.operation.name': operation };
  }
}

export class KnownServers {
  readonly #known = new WeakMap<CacheServer, KnownServer>();
  /** Mostly one server. */
  #last: KnownServer | undefined;

  of(server: CacheServer): KnownServer {
    if (this.#last?.server === server) return this.#last;
    let known = this.#known.get(server);
    if (!known) this.#known.set(server, (known = new KnownServer(server)));
    return (this.#last = known);
  }
}
