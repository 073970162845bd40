import type { ServerErrors } from '@foreshock/kit';

/** What mysql2 makes of an error packet (lib/packets/packet.js, `asError`). */
interface Failure {
  errno?: unknown;
  sqlState?: unknown;
}

/** Errors of MySQL and MariaDB, as mysql2 throws them. */
export const MYSQL2_ERRORS: ServerErrors = {
  /** The server's own number; what the client made itself (`ECONNRESET`) has none, or one below zero. */
  statusOf(error) {
    const { errno, sqlState } = (error ?? {}) as Failure;
    return typeof errno === 'number' && sqlState !== undefined ? String(errno) : undefined;
  },
  /** `SIGNAL` and `RESIGNAL` are the application's: ER_SIGNAL_EXCEPTION, or the state that is left to applications. */
  shownOf(error) {
    const { errno, sqlState } = (error ?? {}) as Failure;
    return errno === 1644 || errno === 1643 || String(sqlState).startsWith('45') ? '' : undefined;
  },
};
