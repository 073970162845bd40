import { report } from '@foreshock/kit';

/** pg-boss' `Db`, or the application's transaction or ORM. */
export interface Database {
  executeSql(text: string, values?: unknown[]): Promise<Result>;
}

type Result = { rows?: unknown } | undefined;

/** That rejected changed statements. */
const refused = new WeakSet<Database>();

/**
 * Falls back to the original statement, except in a transaction, which the failure aborted.
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
    // Class 42: syntax, access.
    if (!isOwn || !String((error as { code?: unknown } | undefined)?.code).startsWith('42')) throw error;
    const result = await db.executeSql(text, values);
    refused.add(db);
    report(`pg-boss: ${purpose}`, error);
    return result;
  }
}
