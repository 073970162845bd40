import {
  answering,
  preceded,
  targetOf,
  type ConnectionTarget,
  type Attachment,
  type AnyFunction,
} from '@foreshock/kit';
import type { DbEvents, Query } from '../../events.ts';
import { MYSQL } from '../../sql-dialect.ts';
import { MARIADB_ERRORS } from './errors.ts';
import { notePing } from './ping.ts';

const PLACE = 'mariadb command';

/** On a call's parameters, which all its commands have: a `WeakMap` costs 1 µs more (packages/kit/bench/marks.ts). */
const QUERY = Symbol('foreshock.query');

/** `cmdParam` of mariadb/lib/connection.js: one object a call. */
export interface Parameters {
  sql?: unknown;
  values?: unknown;
  callback?: unknown;
  opts?: { metaAsArray?: boolean } | null;
  [QUERY]?: Query | undefined;
}

/** mariadb/lib/connection.js. */
export interface Connection {
  opts: { host?: string; port?: number; database?: string; socketPath?: string; metaAsArray?: boolean };
  info?: { serverVersion?: { mariaDb?: boolean } | null };
}

/** mariadb/lib/cmd/command.js. */
interface Command {
  cmdParam?: Parameters | null;
  resolve?: AnyFunction | null;
  reject?: AnyFunction | null;
  emit: AnyFunction;
}

/** MySQL is known once connected. */
export function targetOfConnection({ opts, info }: Connection): ConnectionTarget & { system: string } {
  return targetOf(info?.serverVersion?.mariaDb === false ? 'mysql' : 'mariadb', opts);
}

export function isKnown(parameters: Parameters): boolean {
  return QUERY in parameters;
}

/** Of what the library sends by itself for a call. */
export function ignore(parameters: Parameters): void {
  parameters[QUERY] = undefined;
}

function begin(connection: Connection, parameters: Parameters, db: DbEvents, batchSize?: number): Query | undefined {
  const { sql } = parameters;
  const target = targetOfConnection(connection);
  notePing(connection, target);
  return (parameters[QUERY] = db.query(connection, {
    ...target,
    text: typeof sql === 'string' ? sql : undefined,
    dialect: MYSQL,
    errors: MARIADB_ERRORS,
    batchSize,
  }));
}

/** @param args of a method of the connection: they end with `resolve` and `reject` */
export function observeCall(connection: Connection, args: any[], db: DbEvents, isBatch: boolean): void {
  const [parameters] = args as [Parameters];
  const { values } = parameters;
  const query = begin(connection, parameters, db, isBatch && Array.isArray(values) ? values.length : undefined);
  if (!query) return;
  const [resolved, rejected] = ends(query, connection, parameters);
  const at = args.length - 2;
  args[at] = answering(PLACE, query, args[at], resolved);
  args[at + 1] = answering(PLACE, query, args[at + 1], rejected);
}

/** Queries with a callback of their own, streams and ends of transactions are seen as commands only. */
export function observedAddCommand(original: AnyFunction, attachment: Attachment<DbEvents>): AnyFunction {
  const before = (connection: Connection, [command]: [Command]): void => {
    const parameters = command.cmdParam;
    if (!parameters?.sql || isKnown(parameters)) return;
    const query = begin(connection, parameters, attachment.events);
    if (!query) return;
    // Streams keep no rows.
    const [resolved, rejected] = ends(query, connection, parameters, typeof parameters.callback === 'function');
    if (command.resolve) command.resolve = answering(PLACE, query, command.resolve, resolved);
    if (command.reject) command.reject = answering(PLACE, query, command.reject, rejected);
    // To the application, of a query without callback.
    command.emit = answering(PLACE, query, command.emit, () => {});
  };
  return preceded(original, before, PLACE, attachment);
}

type Observe = (args: any) => void;

function ends(query: Query, connection: Connection, { opts }: Parameters, hasRows = true): [Observe, Observe] {
  const metaAsArray = opts?.metaAsArray ?? connection.opts.metaAsArray;
  const resolved: Observe = ([value]) => query.succeeded(hasRows ? rowsOf(value, metaAsArray) : undefined);
  return [resolved, ([error]) => query.failed(error)];
}

/** Several results have a list of columns each (lib/cmd/parser.js, `success`). */
function rowsOf(value: any, metaAsArray: boolean | undefined): number | undefined {
  if (!Array.isArray(value)) return undefined;
  const [rows, columns] = metaAsArray ? (value as [unknown, unknown]) : [value, (value as { meta?: unknown }).meta];
  if (!Array.isArray(rows) || !Array.isArray(columns) || columns.length === 0) return undefined;
  return Array.isArray(columns[0]) ? undefined : rows.length;
}
