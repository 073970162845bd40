import { bindOnce, Caller, suppressed, type DriverConnection, type Hooks, type Run } from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { BulkLoads } from './bulk-loads.ts';
import { observeRequest, type Request } from './requests.ts';
import { noteDatabase, targetOfConnection, type Connection } from './targets.ts';

const prototypes = new Set<object>();

/** Who asked to connect. */
const callers = new WeakMap<Connection, Caller>();

/** Without spans; callbacks in the caller's context. */
const unseen: Run = (fn, self, args) =>
  new Caller(suppressed(new Caller().context)).run(
    fn,
    self,
    args.map((arg) => (typeof arg === 'function' ? bindOnce(arg as () => unknown) : arg)) as typeof args,
  );

/**
 * tedious 18 to 20: `makeRequest` of lib/connection.js sends whatever its users ask for. Its events are of requests, whose
 * listeners an application may count or remove.
 */
export const tedious: DbAdapter = {
  library: 'tedious',
  versions: '>=18.0.0 <21',
  upstream: ['@opentelemetry/instrumentation-tedious'],
  driver(resource): DriverConnection | undefined {
    for (const prototype of prototypes) {
      if (!Object.prototype.isPrototypeOf.call(prototype, resource)) continue;
      return { connection: resource, ...targetOfConnection(resource as Connection) };
    }
    return undefined;
  },
  shows: ['spans', 'parent'],
  title: '`tedious`, `mssql` (SQL Server)',
  summary: 'queries, batches, procedures, prepared statements, bulk loads, transactions; below `mssql`',
  attach(db, hooks) {
    hooks.onLoad('tedious/lib/connection.js', ({ exports }) => {
      const { prototype } = exports.default ?? exports;
      prototypes.add(prototype);
      wrapConnection(prototype, db, hooks);
    });
    // It asks each connection with a query of its own whether it works.
    hooks.onLoad(
      'mssql/lib/tedious/connection-pool.js',
      ({ exports }) => hooks.runBy(exports.prototype, '_poolValidate', unseen),
      { versions: '>=11.0.0 <13' },
    );
  },
};

function wrapConnection(prototype: any, db: DbEvents, hooks: Hooks): void {
  const bulkLoads = new BulkLoads(db);
  hooks.calls(prototype, 'execBulkLoad', {
    begin: (connection: Connection, [bulkLoad]) => bulkLoads.begin(connection, bulkLoad),
    handOver: bulkLoads.handOver,
    // Before it has a request.
    failed: (query: Query, error) => query.failed(error),
  });
  hooks.before(prototype, 'makeRequest', (connection: Connection, args: [Request, number, object]) => {
    if (!bulkLoads.has(args[0])) observeRequest(connection, args, db);
  });
  hooks.calls(prototype, 'emit', {
    begin(connection: Connection, [event, value]: [unknown, unknown]): Caller | undefined {
      if (event === 'databaseChange') noteDatabase(connection, value);
      if (event !== 'connect') return undefined;
      const caller = callers.get(connection);
      callers.delete(connection);
      return caller;
    },
    within: (caller: Caller) => caller,
  });
  hooks.runBy(prototype, 'reset', unseen);
  hooks.detach(prototype, 'connect');
  hooks.before(prototype, 'connect', (connection: Connection) => callers.set(connection, new Caller()));
}
