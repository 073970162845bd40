import type { ServerErrors } from '@foreshock/kit';

export const BETTER_SQLITE3_ERRORS: ServerErrors = {
  /** `SqliteError` of lib/sqlite-error.js: the name of SQLite's extended result code, as `SQLITE_CONSTRAINT_UNIQUE`. */
  statusOf(error) {
    const { code } = (error ?? {}) as { code?: unknown };
    return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
  },
};
