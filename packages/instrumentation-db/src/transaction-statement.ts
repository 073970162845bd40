/** What a statement does to its connection's transaction; `unknown`: perhaps it ended, perhaps another began. */
export type TransactionStep = 'begin' | 'end' | 'unknown';

const BEGIN =
  /^(?:begin|start transaction)(?: (?:work|tran(?:saction)?|deferred|immediate|exclusive|isolation|read|with)\b[^;]*)?;?$/i;
const END = /^(?:commit|rollback|end|abort)(?: (?:work|tran(?:saction)?))?;?$/i;
const SAVEPOINT = /^rollback(?: work| transaction)? to\b/i;
/** In a text of several statements, with a chain, or of a prepared transaction. */
const SOME_STEP = /\b(?:begin|start transaction|commit|rollback|abort)\b/i;
const COMMITS_IN_MYSQL = /^(?:create|alter|drop|truncate|rename|grant|revoke|(?:un)?lock|analyze|optimize|repair)\b/i;
/** T-SQL needs no `;` between statements. */
const OTHERS = /\b(?:select|insert|update|delete|merge|exec|execute|commit)\b/i;

/**
 * Of a sanitised text, or what is sent in place of one. A procedure's own are not seen.
 *
 * @param system `db.system.name`
 */
export function transactionStep(text: string | undefined, system: string): TransactionStep | undefined {
  if (text === undefined) return undefined;
  // `BEGIN … END` is a block in T-SQL.
  if (BEGIN.test(text) && !OTHERS.test(text)) return 'begin';
  if (END.test(text)) return 'end';
  if (SAVEPOINT.test(text) && !text.includes(';')) return undefined;
  if (SOME_STEP.test(text)) return 'unknown';
  return (system === 'mysql' || system === 'mariadb') && COMMITS_IN_MYSQL.test(text) ? 'unknown' : undefined;
}
