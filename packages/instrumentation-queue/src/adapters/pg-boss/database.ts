import { report } from '@foreshock/kit';

/** What `executeSql` is called on: pg-boss' own `Db`, or the application's (a transaction, an ORM). */
export interface Database {
  executeSql(text: string, values?: unknown[]): Promise<Result>;
}

type Result = { rows?: unknown } | undefined;

/** Databases that do not understand our statements: others than Postgres that speak its protocol. */
const refused = new WeakSet<Database>();

/**
 * Executes a statement as we changed it, or as pg-boss has it where a database does not understand ours. A failed
 * statement ends a transaction, so within one of the application's it is not tried twice.
 *
 * @param purpose of the change, for the one line that says it was refused
 */
export async function executeChanged(
  db: Database,
  isOwn: boolean,
  [text, values]: [string, unknown[] | undefined],
  changed: [string, unknown[] | undefined] | undefined,
  purpose: string,
): Promise<Result> {
  if (!changed || refused.has(db)) return db.executeSql(text, values);
  try {
    return await db.executeSql(...changed);
  } catch (error) {
    // SQLSTATE class 42, syntax or access.
    if (!isOwn || !String((error as { code?: unknown } | undefined)?.code).startsWith('42')) throw error;
    const result = await db.executeSql(text, values);
    refused.add(db);
    report(`pg-boss: ${purpose}`, error);
    return result;
  }
}
