import { withoutValues, type ServerErrors } from '@foreshock/kit';

/** `SqlError` of lib/misc/errors.js. */
interface Failure {
  errno?: unknown;
  sqlState?: unknown;
  /** Without connection and statement; `text` before 3.1. */
  sqlMessage?: unknown;
  text?: unknown;
}

export const MARIADB_ERRORS: ServerErrors = {
  /** The driver's own are 45001 and up, of sockets negative. */
  statusOf(error) {
    const { errno } = (error ?? {}) as Failure;
    if (typeof errno !== 'number' || errno <= 0 || (errno > 45_000 && errno < 46_000)) return undefined;
    return String(errno);
  },
  /** The application writes the text of `SIGNAL` and `RESIGNAL`. */
  shownOf(error) {
    const { errno, sqlState, sqlMessage, text } = (error ?? {}) as Failure;
    if (errno === 1644 || errno === 1643 || String(sqlState).startsWith('45')) return '';
    const message = sqlMessage ?? text;
    return typeof message === 'string' ? withoutValues(message) : undefined;
  },
};
