import type { ServerErrors } from '@foreshock/kit';

export const SQLITE_ERRORS: ServerErrors = {
  /** `errcode`: SQLite's extended result code, as 1555 for a primary key (src/node_sqlite.cc). */
  statusOf(error) {
    const { errcode } = (error ?? {}) as { errcode?: unknown };
    return typeof errcode === 'number' ? String(errcode) : undefined;
  },
};
