import type { DriverConnection, Hooks } from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { POSTGRESQL } from '../../sql-dialect.ts';
import { POSTGRESQL_ERRORS } from '../../postgresql-errors.ts';
import { wrapConnect } from './opening.ts';
import { QueryEnds, type Observed, type Submitted } from './query-ends.ts';

/** `pg/lib/client.js`. */
export interface Client {
  host?: string;
  port?: number;
  database?: string;
  _queryQueue?: Submitted[];
  _sentQueryQueue?: Submitted[];
  _activeQuery?: Submitted | null;
  activeQuery?: Submitted | null;
  queryQueue?: Submitted[];
  _connected?: boolean;
  _queryable?: boolean;
  _ending?: boolean;
}

/**
 * node-postgres 8 in JavaScript. `Client.prototype.query` queues objects that end by `handleReadyForQuery` or
 * `handleError`.
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
      // The socket also delivers notifications.
      hooks.detach(Client.prototype, 'connect');
      wrapConnect(Client.prototype, hooks);
      wrapNotifications(Client.prototype, db, hooks);
    });
  },
};

/** Also native (`connectionParameters`, pg/lib/client.js). */
function pgConnection(resource: object): DriverConnection | undefined {
  if (!('connectionParameters' in resource)) return undefined;
  const { host, port, database } = resource as Client;
  return { connection: resource, system: 'postgresql', host, port, database };
}

/** The first 8.x releases lack `_handleNotification({ channel, … })`. */
function wrapNotifications(prototype: { _handleNotification?: unknown }, db: DbEvents, hooks: Hooks): void {
  if (!prototype._handleNotification) return;
  hooks.calls(prototype, '_handleNotification', {
    begin: (_client, [message]: [{ channel: string }]) => db.notification('postgresql', message.channel),
    within: (run) => run,
  });
}

function wrapQuery({ prototype }: { prototype: object }, ends: QueryEnds, db: DbEvents, hooks: Hooks): void {
  hooks.calls(prototype as { query: unknown }, 'query', {
    begin(client: Client, args: unknown[]): Observed | undefined {
      const query = startQuery(client, args, db);
      return query && { query, calledBack: hasCallback(args) };
    },
    handOver: ends.starting,
    returned: (observed, _result, client: Client, [config]) => observe(client, config, observed, ends),
    failed: ({ query }, error) => query.failed(error),
  });
}

interface QueryConfig {
  text?: unknown;
  name?: unknown;
  values?: unknown;
  cursor?: { text?: unknown };
}

function startQuery(client: Client, [config, parameters]: readonly unknown[], db: DbEvents): Query | undefined {
  const given = config as QueryConfig | string | null | undefined;
  const text = typeof given === 'string' ? given : (given?.text ?? given?.cursor?.text);
  const name = typeof given === 'string' ? undefined : given?.name;
  const values = (typeof given === 'string' ? undefined : given?.values) ?? parameters;
  const query = db.query(client, {
    system: 'postgresql',
    host: client.host,
    port: client.port,
    database: client.database,
    text: typeof text === 'string' ? text : undefined,
    dialect: POSTGRESQL,
    errors: POSTGRESQL_ERRORS,
    values: Array.isArray(values) ? values : undefined,
    statementName: typeof name === 'string' ? name : undefined,
  });
  if (client._connected === false) query?.waitsFor(client);
  return query;
}

function isSubmittable(config: unknown): config is Submitted {
  return typeof (config as { submit?: unknown } | null)?.submit === 'function';
}

/** A promise alone needs no context restored. */
function hasCallback(args: readonly unknown[]): boolean {
  for (let i = 1; i < args.length; i++) if (typeof args[i] === 'function') return true;
  const config = args[0] as { callback?: unknown } | string | null | undefined;
  return typeof config === 'object' && config !== null && (isSubmittable(config) || config.callback !== undefined);
}

function observe(client: Client, config: unknown, observed: Observed, ends: QueryEnds): void {
  const submitted = isSubmittable(config) ? config : newestQuery(client);
  // One object may wrongly be submitted twice.
  if (submitted && ends.observe(submitted, observed)) return;
  // Never queued (client.js: "Client was closed …", "… connection error and is not queryable").
  observed.query.failed(
    new Error(client._ending ? 'Client was closed and is not queryable' : 'Client is not queryable'),
  );
}

/** Last queued or sent (pipeline mode, 8.17), or already active. */
function newestQuery(client: Client): Submitted | undefined {
  if (client._queryable === false || client._ending) return undefined;
  // `queryQueue` and `activeQuery` warn since 8.16.
  const queue = client._queryQueue ?? client.queryQueue;
  return (
    queue?.at(-1) ??
    client._sentQueryQueue?.at(-1) ??
    ('_queryQueue' in client ? client._activeQuery : client.activeQuery) ??
    undefined
  );
}
