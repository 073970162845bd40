import { guard, Memo, type ConnectionTarget, type DriverConnection, type Hooks } from '@foreshock/kit';
import type { DbAdapter, DbEvents, Query } from '../../events.ts';
import { MYSQL } from '../../sql-dialect.ts';
import { detachConnections } from './connect.ts';

/** Options of a connection, as far as they are read here. */
interface Config {
  host?: string;
  port?: number;
  database?: string;
  socketPath?: string;
}

/** `mysql2/lib/base/connection.js` (`lib/connection.js` before 3.11.5), as far as it is read here. */
interface Connection {
  config: Config;
  /** Until the server has greeted: null. */
  _handshakePacket: { serverVersion?: string } | null;
  _command?: Command | null;
  _commands: { length: number; get(index: number): Command | undefined };
  _fatalError?: unknown;
  stream?: { once(event: 'close', listener: () => void): unknown };
}

/** A `Query`, `Execute`, `Prepare`, `Ping` … of `mysql2/lib/commands`. */
interface Command {
  sql?: string;
  statement?: { query?: string };
  onResult?: Callback | undefined;
  _resultIndex?: number;
  emit(event: string, ...args: unknown[]): boolean;
}

type Callback = (this: any, ...args: any[]) => unknown;

function targetOf({ host, port, database, socketPath }: Config): ConnectionTarget & { system: string } {
  const address = socketPath ? { host: socketPath, port: undefined } : { host, port };
  return { system: 'mysql', database: database || undefined, ...address };
}

/** A connection of mysql2, or the wrapper that `mysql2/promise` puts around one. */
function mysql2Connection(resource: object): DriverConnection | undefined {
  const inner = '_handshakePacket' in resource ? resource : (resource as { connection?: unknown }).connection;
  if (typeof inner !== 'object' || inner === null || !('_handshakePacket' in inner)) return undefined;
  return { connection: inner, ...targetOfConnection(inner as unknown as Connection) };
}

/** Servers that have greeted as MariaDB: a query may be sent before its own connection has been greeted. */
const mariadbs = new Memo<string, true>(64);
const greetings = new WeakSet<object>();

function targetOfConnection({ config, _handshakePacket: greeting }: Connection): ConnectionTarget & { system: string } {
  const target = targetOf(config);
  const isMariaDb = greeting ? greeting.serverVersion?.includes('MariaDB') : mariadbs.get(addressOf(target));
  if (!isMariaDb) return target;
  target.system = 'mariadb';
  if (greeting && !greetings.has(greeting)) {
    greetings.add(greeting);
    mariadbs.learn(addressOf(target), true);
  }
  return target;
}

function addressOf({ host, port }: ConnectionTarget): string {
  return `${host}:${port}`;
}

/**
 * mysql2 3: promises, pools and clusters all come down to `Connection` and `Pool`, by callback.
 *
 * Its channels (`mysql2:query` …, 3.20) are left alone: they name neither connection nor pool, and whoever subscribes
 * changes the application, for mysql2 then listens for `error` on commands and connections itself, and an error that
 * nobody handles is no longer thrown (`tracePromise` in base/connection.js).
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
    // The classes' methods moved to `base` in 3.11.5; up to 3.19 a pool's connections inherit from there alone.
    for (const folder of ['mysql2/lib', 'mysql2/lib/base']) {
      hooks.onLoad(`${folder}/connection.js`, (loaded) => {
        const { prototype } = loaded.exports;
        if (!Object.hasOwn(prototype, 'query')) return;
        wrapConnection(prototype, db, hooks);
        detachConnections(loaded, db, hooks);
      });
    }
  },
};

function wrapConnection(prototype: any, db: DbEvents, hooks: Hooks): void {
  /** By the command that sends it, until it is answered. */
  const queries = new WeakMap<Command, Query>();
  /** In its `query` or `execute`, whose own commands are no further queries. */
  let sending: Connection | undefined;

  for (const method of ['query', 'execute']) {
    hooks.wrap(prototype, method, (original) => {
      return function (this: Connection, ...args: any[]) {
        if (!hooks.active) return original.apply(this, args);
        const [given] = args as [Command | string | undefined];
        const query = guard('mysql2 query', () => startQuery(this, typeof given === 'string' ? given : given?.sql, db));
        if (!query) return original.apply(this, args);
        const at = args.findIndex((arg) => typeof arg === 'function');
        if (at >= 0) args[at] = observed(args[at], query);
        // A pool sends the `Query` object that it made of its caller's arguments.
        else if (isCommand(given) && given.onResult) given.onResult = observed(given.onResult, query);
        const closed = Object.hasOwn(this, 'addCommand');
        const outer = sending;
        sending = this;
        let command: Command;
        try {
          command = original.apply(this, args);
        } catch (error) {
          guard('mysql2 query', () => query.failed(error));
          throw error;
        } finally {
          sending = outer;
        }
        guard('mysql2 query', () =>
          command.onResult ? queries.set(command, query) : listen(this, command, query, closed),
        );
        return command;
      };
    });
  }

  hooks.wrap(prototype, 'addCommand', (original) => {
    return function (this: Connection, command: Command) {
      if (!hooks.active || sending === this) return original.call(this, command);
      // `PreparedStatementInfo.execute` (lib/commands/prepare.js) adds its command itself.
      const statement = command.statement?.query;
      const query = statement && guard('mysql2 statement', () => startQuery(this, statement, db));
      if (!query) {
        if (typeof command.onResult === 'function') command.onResult = db.bind(command.onResult);
        return original.call(this, command);
      }
      if (command.onResult) {
        command.onResult = observed(command.onResult, query);
        queries.set(command, query);
      } else guard('mysql2 statement', () => listen(this, command, query, false));
      return original.call(this, command);
    };
  });

  hooks.wrap(prototype, '_notifyError', (original) => {
    return function (this: Connection, error: unknown) {
      if (hooks.active && !this._fatalError) {
        // Callers that listen to events get none of it.
        guard('mysql2 error', () => failAll(this, error));
      }
      return original.call(this, error);
    };
  });

  // `destroy` comes to it, too: from then on the end of the connection is nobody's error, and no caller is answered.
  hooks.wrap(prototype, 'close', (original) => {
    return function (this: Connection, ...args: unknown[]) {
      const result = original.apply(this, args);
      if (hooks.active && (this._command || this._commands.length > 0)) {
        guard('mysql2 close', () =>
          this.stream?.once('close', () =>
            guard('mysql2 close', () =>
              failAll(this, { code: 'connection_closed', message: 'the connection was closed before the answer' }),
            ),
          ),
        );
      }
      return result;
    };
  });

  function failAll({ _command, _commands }: Connection, error: unknown): void {
    if (_command) queries.get(_command)?.failed(error, statusOf(error));
    for (let i = 0; i < _commands.length; i++) queries.get(_commands.get(i)!)?.failed(error, statusOf(error));
  }

  function listen(connection: Connection, command: Command, query: Query, closed: boolean): void {
    if (closed || connection._fatalError) {
      query.failed(new Error("Can't add new command when connection is in closed state"));
      return;
    }
    queries.set(command, query);
    const { emit } = command;
    command.emit = function (event, ...args) {
      if (event === 'error')
        guard('mysql2 query', () => query.failed(args[0], statusOf(args[0]), isProgrammed(args[0])));
      else if (event === 'end') guard('mysql2 query', () => query.succeeded());
      return query.resume(emit, this, [event, ...args]);
    };
  }
}

function isCommand(given: unknown): given is Command {
  return typeof (given as { execute?: unknown } | undefined)?.execute === 'function';
}

function startQuery(connection: Connection, text: unknown, db: DbEvents): Query | undefined {
  return db.query(connection, {
    ...targetOfConnection(connection),
    text: typeof text === 'string' ? text : undefined,
    dialect: MYSQL,
  });
}

function observed(callback: Callback, query: Query): Callback {
  return function (this: Command | undefined, ...args: any[]) {
    guard('mysql2 query', () => {
      const [error, rows] = args;
      if (error) query.failed(error, statusOf(error), isProgrammed(error));
      // Of several statements there are several results.
      else query.succeeded(Array.isArray(rows) && this?._resultIndex === 0 ? rows.length : undefined);
    });
    return query.resume(callback, this, args);
  };
}

/** The server's own error number; what the client made itself (`ECONNRESET`) has none, or one below zero. */
function statusOf(error: unknown): string | undefined {
  const { errno, sqlState } = (error ?? {}) as { errno?: unknown; sqlState?: unknown };
  return typeof errno === 'number' && sqlState !== undefined ? String(errno) : undefined;
}

/** `SIGNAL` and `RESIGNAL`: ER_SIGNAL_EXCEPTION, or any number with the state that is left to applications. */
function isProgrammed(error: unknown): boolean {
  const { errno, sqlState } = (error ?? {}) as { errno?: unknown; sqlState?: unknown };
  return errno === 1644 || errno === 1643 || String(sqlState).startsWith('45');
}
