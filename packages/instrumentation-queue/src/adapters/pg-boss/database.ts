import { report } from '@foreshock/kit';

/** pg-boss' `Db`, or the application's transaction or ORM. */
export interface Database {
  executeSql(text: string, values?: unknown[]): Promise<Result>;
}

type Result = { rows?: unknown } | undefined;

/** Postgres-compatible databases that reject the changed statements. */
const refused = new WeakSet<Database>();

/**
 * Falls back to the original statement, except in the application's transaction, which the failure has aborted.
 *
 * @param purpose named in the warning
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
    // SQLSTATE class 42: syntax or access.
    if (!isOwn || !String((error as { code?: unknown } | undefined)?.code).startsWith('42')) throw error;
    const result = await db.executeSql(text, values);
    refused.add(db);
    report(`pg-boss: ${purpose}`, error);
    return result;
  }
}
