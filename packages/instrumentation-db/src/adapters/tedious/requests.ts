import { answering, type AnyFunction } from '@foreshock/kit';
import type { DbEvents, Query } from '../../events.ts';
import { TSQL, TSQL_QUOTED_STRINGS, type Dialect } from '../../sql-dialect.ts';
import { TEDIOUS_ERRORS } from './errors.ts';
import { targetOfConnection, type Connection } from './targets.ts';

const PLACE = 'tedious request';

/** `TYPE` of lib/packet.js. */
const RPC_REQUEST = 3;
const TRANSACTION_MANAGER = 14;
/** Of lib/special-stored-procedure.js: the end of a prepared statement. */
const SP_UNPREPARE = 15;

/** lib/request.js, or lib/bulk-load.js. */
export interface Request {
  sqlTextOrProcedure?: unknown;
  callback: AnyFunction;
  emit: AnyFunction;
}

/** `SET QUOTED_IDENTIFIER OFF`, also in a list, and what implies it. */
const TURNS_OFF = /quoted_identifier(?!\s+on\b)|ansi_defaults\s+off/i;
const doubtful = new WeakSet<Connection>();
/** Of the last that began; another name is a savepoint's. */
const transactionNames = new WeakMap<Connection, string>();

export function observeRequest(
  connection: Connection,
  [request, type, payload]: [Request, number, object],
  db: DbEvents,
): void {
  const sent = sentBy(connection, request, type, payload);
  const query = sent && startQuery(connection, sent, db);
  if (query) observe(request, query);
}

interface Sent {
  text?: string;
  /** In place of a text. */
  statementName?: string;
}

function sentBy(
  connection: Connection,
  { sqlTextOrProcedure: text }: Request,
  type: number,
  payload: object,
): Sent | undefined {
  if (type === TRANSACTION_MANAGER) return transactionRequest(connection, String(payload));
  if (typeof text !== 'string') return undefined;
  if (type !== RPC_REQUEST) return { text };
  // A number: of those that run a text.
  const { procedure } = payload as { procedure?: unknown };
  if (procedure === SP_UNPREPARE) return undefined;
  return typeof procedure === 'number' ? { text } : { statementName: `EXECUTE ${text}` };
}

/** `Begin Transaction: name=a, isolationLevel=READ_COMMITTED` (lib/transaction.js) */
const TRANSACTION = /^(Begin|Commit|Rollback|Save) Transaction: name=(.*?)(?:, isolationLevel=\w*)?$/s;

function transactionRequest(connection: Connection, payload: string): Sent | undefined {
  const [, verb, name] = TRANSACTION.exec(payload) ?? [];
  if (verb === undefined) return undefined;
  if (verb === 'Begin') transactionNames.set(connection, name!);
  const isToSavepoint = verb === 'Rollback' && name !== '' && name !== transactionNames.get(connection);
  return { statementName: isToSavepoint ? 'ROLLBACK TO' : verb.toUpperCase() };
}

export function startQuery(connection: Connection, { text, statementName }: Sent, db: DbEvents): Query | undefined {
  return db.query(connection, {
    ...targetOfConnection(connection),
    text,
    statementName,
    dialect: dialectOf(connection, text),
    errors: TEDIOUS_ERRORS,
  });
}

function dialectOf(connection: Connection, text: string | undefined): Dialect {
  if (text !== undefined && TURNS_OFF.test(text)) doubtful.add(connection);
  const isOff = connection.config.options.enableQuotedIdentifier === false || doubtful.has(connection);
  return isOff ? TSQL_QUOTED_STRINGS : TSQL;
}

/** Listeners and callback run where the answer arrives; a request may run again. */
function observe(request: Request, query: Query): void {
  const { callback, emit } = request;
  const hadEmit = Object.hasOwn(request, 'emit');
  let results = 0;
  let rows = 0;
  request.emit = answering(PLACE, query, emit, ([event]: [unknown]) => {
    if (event === 'row') rows++;
    else if (event === 'columnMetadata') results++;
  });
  request.callback = answering(PLACE, query, callback, ([error]: [unknown]) => {
    request.callback = callback;
    if (hadEmit) request.emit = emit;
    else delete (request as Partial<Request>).emit;
    if (error) query.failed(error);
    else query.succeeded(results === 1 ? rows : undefined);
  });
}
