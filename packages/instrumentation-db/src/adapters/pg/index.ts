import { guard, report, type DriverConnection, type Hooks } from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { POSTGRESQL } from '../../sql-dialect.ts';
import { PG_ERRORS } from './errors.ts';
import { QueryEnds, type Submitted } from './query-ends.ts';

/** `pg/lib/client.js`, as far as it is read here. */
export interface Client {
  host?: string;
  port?: number;
  database?: string;
  _queryQueue?: Submitted[];
  _sentQueryQueue?: Submitted[];
  _activeQuery?: Submitted | null;
  activeQuery?: Submitted | null;
  queryQueue?: Submitted[];
  _queryable?: boolean;
  _ending?: boolean;
}

/**
 * node-postgres 8, JavaScript client; `pg.native` has a client of its own and is left alone.
 *
 * `Client.prototype.query` makes or takes a query object, pushes it to `_queryQueue`, and tells it its end through
 * `handleReadyForQuery` or `handleError`: those two, on the one object, are what is observed, so promises, callbacks,
 * `Query` objects, cursors and streams all come out the same way.
 */
export const pg: DbAdapter = {
  library: 'pg',
  versions: '>=8.0.3 <9',
  upstream: ['@opentelemetry/instrumentation-pg'],
  driver: pgConnection,
  shows: ['spans', 'parent'],
  title: '`pg` (JavaScript client)',
  summary: 'queries by promise, callback, `Query` object, cursor and stream',
  attach(db, hooks) {
    const ends = new QueryEnds(hooks);
    hooks.onLoad('pg/lib/query.js', ({ exports: { prototype } }) => ends.wrap(prototype));
    hooks.onLoad('pg/lib/client.js', ({ exports: Client }) => {
      wrapQuery(Client, ends, db, hooks);
      // What is announced comes by the socket that is opened here.
      hooks.detach(Client.prototype, 'connect');
      wrapNotifications(Client.prototype, db, hooks);
    });
  },
};

/** A client of node-postgres, also the native one: both keep their `connectionParameters` (pg/lib/client.js). */
function pgConnection(resource: object): DriverConnection | undefined {
  if (!('connectionParameters' in resource)) return undefined;
  const { host, port, database } = resource as Client;
  return { connection: resource, system: 'postgresql', host, port, database };
}

/** `_handleNotification({ channel, … })`, which emits it; the first releases of 8 have no such method. */
function wrapNotifications(prototype: { _handleNotification?: unknown }, db: DbEvents, hooks: Hooks): void {
  if (!prototype._handleNotification) return;
  hooks.calls(prototype, '_handleNotification', {
    begin: (_client, [message]: [{ channel: string }]) => db.notification('postgresql', message.channel),
    within: (run) => run,
  });
}

/** By hand, as each query comes by here. */
function wrapQuery(ClientClass: { prototype: object }, ends: QueryEnds, db: DbEvents, hooks: Hooks): void {
  hooks.wrap(ClientClass.prototype as { query: unknown }, 'query', (original) => {
    return function (this: Client, ...args: [unknown, ...unknown[]]) {
      if (!hooks.active) return original.apply(this, args);
      let query: Query | undefined;
      try {
        query = startQuery(this, args[0], db);
      } catch (error) {
        report('pg query', error);
      }
      if (!query) return original.apply(this, args);
      const calledBack = hasCallback(args);
      const observed = { query, calledBack };
      const outer = ends.starting.offer(observed);
      let result;
      try {
        result = original.apply(this, args);
      } catch (error) {
        guard('pg query', () => query.failed(error));
        throw error;
      } finally {
        ends.starting.end(observed, outer);
      }
      try {
        observe(this, args[0], query, calledBack, ends);
      } catch (error) {
        report('pg query', error);
      }
      return result;
    };
  });
}

function startQuery(client: Client, config: unknown, db: DbEvents): Query | undefined {
  const given = config as { text?: unknown; name?: unknown; cursor?: { text?: unknown } } | string | null | undefined;
  const text = typeof given === 'string' ? given : (given?.text ?? given?.cursor?.text);
  const name = typeof given === 'string' ? undefined : given?.name;
  return db.query(client, {
    system: 'postgresql',
    host: client.host,
    port: client.port,
    database: client.database,
    text: typeof text === 'string' ? text : undefined,
    dialect: POSTGRESQL,
    errors: PG_ERRORS,
    statementName: typeof name === 'string' ? name : undefined,
  });
}

function isSubmittable(config: unknown): config is Submitted {
  return typeof (config as { submit?: unknown } | null)?.submit === 'function';
}

/**
 * Whether anybody is called back at the query's end: else there is only a promise, whose reader comes back to its own
 * place by itself. A query object has listeners.
 */
function hasCallback(args: readonly unknown[]): boolean {
  for (let i = 1; i < args.length; i++) if (typeof args[i] === 'function') return true;
  const config = args[0] as { callback?: unknown } | string | null | undefined;
  return typeof config === 'object' && config !== null && (isSubmittable(config) || config.callback !== undefined);
}

function observe(client: Client, config: unknown, query: Query, calledBack: boolean, ends: QueryEnds): void {
  const submitted = isSubmittable(config) ? config : newestQuery(client);
  // A caller may submit one object once only, but may try.
  if (submitted && ends.observe(submitted, query, calledBack)) return;
  // Refused before it was queued (client.js: "Client was closed …", "… connection error and is not queryable").
  query.failed(new Error(client._ending ? 'Client was closed and is not queryable' : 'Client is not queryable'));
}

/** The query that the call just made queued: last in line, last sent (pipeline mode, 8.17), or already active. */
function newestQuery(client: Client): Submitted | undefined {
  if (client._queryable === false || client._ending) return undefined;
  // `queryQueue` and `activeQuery` became deprecation-warning getters when the fields got their underscore (8.16).
  const queue = client._queryQueue ?? client.queryQueue;
  return (
    queue?.at(-1) ??
    client._sentQueryQueue?.at(-1) ??
    ('_queryQueue' in client ? client._activeQuery : client.activeQuery) ??
    undefined
  );
}
