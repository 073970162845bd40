import {
  answering,
  bindOnce,
  guard,
  HandOver,
  BoundedMap,
  targetOf,
  type ConnectionTarget,
  type DriverConnection,
  type Hooks,
} from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { MYSQL } from '../../sql-dialect.ts';
import { MYSQL2_ERRORS } from './errors.ts';
import { detachConnections } from './connect.ts';
import { wrapStartTls } from './opening.ts';
import { notePing, type ConnectionClass } from './ping.ts';

interface Config {
  host?: string;
  port?: number;
  database?: string;
  socketPath?: string;
}

/** `mysql2/lib/base/connection.js` (`lib/connection.js` before 3.11.5). */
interface Connection {
  config: Config;
  /** Null before the handshake. */
  _handshakePacket: { serverVersion?: string } | null;
  _command?: Command | null;
  _commands: { length: number; get(index: number): Command | undefined };
  _fatalError?: unknown;
  stream?: { once(event: 'close', listener: () => void): unknown };
}

/** From `mysql2/lib/commands`. */
interface Command {
  sql?: string;
  values?: unknown;
  statement?: { query?: string };
  onResult?: Callback | undefined;
  _resultIndex?: number;
  emit(event: string, ...args: unknown[]): boolean;
}

interface Sending {
  connection: Connection;
  query: Query;
  /** A closed connection's own `addCommand` rejects. */
  closed: boolean;
}

type Callback = (this: any, ...args: any[]) => unknown;

function mysql2Connection(resource: object): DriverConnection | undefined {
  const inner = '_handshakePacket' in resource ? resource : (resource as { connection?: unknown }).connection;
  if (typeof inner !== 'object' || inner === null || !('_handshakePacket' in inner)) return undefined;
  return { connection: inner, ...targetOfConnection(inner as unknown as Connection) };
}

/** A query may precede its connection's handshake. */
const mariadbs = new BoundedMap<string, true>(64);
const greetings = new WeakSet<object>();

function targetOfConnection({ config, _handshakePacket: greeting }: Connection): ConnectionTarget & { system: string } {
  const target = targetOf('mysql', config);
  const isMariaDb = greeting ? greeting.serverVersion?.includes('MariaDB') : mariadbs.get(addressOf(target));
  if (!isMariaDb) return target;
  target.system = 'mariadb';
  if (greeting && !greetings.has(greeting)) {
    greetings.add(greeting);
    mariadbs.set(addressOf(target), true);
  }
  return target;
}

function addressOf({ host, port }: ConnectionTarget): string {
  return `${host}:${port}`;
}

/**
 * mysql2 3: promises, pools and clusters use `Connection` and `Pool`. Its channels (3.20) name neither; with a
 * subscriber unhandled errors are not thrown (`tracePromise` in base/connection.js).
 */
export const mysql2: DbAdapter = {
  library: 'mysql2',
  versions: '>=3.0.0 <4',
  upstream: ['@opentelemetry/instrumentation-mysql2'],
  driver: mysql2Connection,
  shows: ['spans', 'parent'],
  title: '`mysql2` (MySQL, MariaDB)',
  summary:
    'queries and executions by promise, callback, event and stream, prepared statements, several statements at once',
  attach(db, hooks) {
    // Methods moved to `base` in 3.11.5; until 3.19 only pools' connections inherit from there.
    for (const folder of ['mysql2/lib', 'mysql2/lib/base']) {
      hooks.onLoad(`${folder}/connection.js`, (loaded) => {
        const { prototype } = loaded.exports;
        if (!Object.hasOwn(prototype, 'query')) return;
        wrapConnection(prototype, db, hooks);
        detachConnections(loaded, hooks);
        wrapStartTls(prototype, hooks);
      });
    }
  },
};

function wrapConnection(prototype: any, db: DbEvents, hooks: Hooks): void {
  const Class = prototype.constructor as ConnectionClass;
  const queries = new WeakMap<Command, Query>();
  /** `query` and `execute` call `addCommand` synchronously: one query. */
  const sending = new HandOver<Sending>();

  for (const method of ['query', 'execute']) {
    hooks.calls(prototype, method, {
      begin(connection: Connection, args: any[]): Sending | undefined {
        const [given] = args as [Command | string | undefined];
        const query = startQuery(connection, given, args[1], db, Class);
        if (!query) return undefined;
        const at = args.findIndex((arg) => typeof arg === 'function');
        if (at >= 0) args[at] = observed(args[at], query);
        // A pool's own `Query`.
        else if (isCommand(given) && given.onResult) given.onResult = observed(given.onResult, query);
        return { connection, query, closed: Object.hasOwn(connection, 'addCommand') };
      },
      handOver: sending,
      returned({ query, closed }, command, connection) {
        if (command.onResult) queries.set(command, query);
        else listen(connection, command, query, closed);
      },
      failed: ({ query }, error) => query.failed(error),
    });
  }

  hooks.before(prototype, 'addCommand', (connection: Connection, [command]: [Command]) => {
    // Of a call that has returned, if mysql2 added it later.
    if (sending.offered?.connection === connection || queries.has(command)) return;
    // `PreparedStatementInfo.execute` (lib/commands/prepare.js) adds its command itself.
    const statement = command.statement?.query;
    const query = statement ? startQuery(connection, statement, command.values, db, Class) : undefined;
    if (!query) {
      if (typeof command.onResult === 'function') command.onResult = bindOnce(command.onResult);
    } else if (command.onResult) {
      command.onResult = observed(command.onResult, query);
      queries.set(command, query);
    } else listen(connection, command, query, false);
  });

  // mysql2 emits none of these.
  hooks.before(prototype, '_notifyError', (connection: Connection, [error]) => {
    if (!connection._fatalError) failAll(connection, error);
  });

  // Also by `destroy`; then mysql2 answers no caller.
  hooks.after(prototype, 'close', (_result, connection: Connection) => {
    if (!connection._command && connection._commands.length === 0) return;
    const error = { code: 'connection_closed', message: 'the connection was closed before the answer' };
    connection.stream?.once('close', () => guard('mysql2 close', () => failAll(connection, error)));
  });

  function failAll({ _command, _commands }: Connection, error: unknown): void {
    if (_command) queries.get(_command)?.failed(error);
    for (let i = 0; i < _commands.length; i++) queries.get(_commands.get(i)!)?.failed(error);
  }

  function listen(connection: Connection, command: Command, query: Query, closed: boolean): void {
    if (closed || connection._fatalError) {
      query.failed(new Error("Can't add new command when connection is in closed state"));
      return;
    }
    queries.set(command, query);
    command.emit = answering('mysql2 query', query, command.emit, ([event, error]) => {
      if (event === 'error') query.failed(error);
      else if (event === 'end') query.succeeded();
    });
  }
}

function isCommand(given: unknown): given is Command {
  return typeof (given as { execute?: unknown } | undefined)?.execute === 'function';
}

function startQuery(
  connection: Connection,
  given: Command | string | undefined,
  parameters: unknown,
  db: DbEvents,
  Class: ConnectionClass,
): Query | undefined {
  const text = typeof given === 'string' ? given : given?.sql;
  const values = (typeof given === 'string' ? undefined : given?.values) ?? parameters;
  const target = targetOfConnection(connection);
  notePing(Class, connection.config, target);
  const query = db.query(connection, {
    ...target,
    text: typeof text === 'string' ? text : undefined,
    dialect: MYSQL,
    values: Array.isArray(values) ? values : undefined,
    errors: MYSQL2_ERRORS,
  });
  if (connection._handshakePacket === null) query?.waitsFor(connection);
  return query;
}

function observed(callback: Callback, query: Query): Callback {
  return answering('mysql2 query', query, callback, ([error, rows], command: Command | undefined) => {
    if (error) query.failed(error);
    else query.succeeded(Array.isArray(rows) && command?._resultIndex === 0 ? rows.length : undefined);
  });
}
