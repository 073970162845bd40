import type { ServerErrors } from '@foreshock/kit';

/** lib/packets/packet.js, `asError`. */
interface Failure {
  errno?: unknown;
  sqlState?: unknown;
}

export const MYSQL2_ERRORS: ServerErrors = {
  /** Client errors (`ECONNRESET`): none, or a negative number. */
  statusOf(error) {
    const { errno, sqlState } = (error ?? {}) as Failure;
    return typeof errno === 'number' && sqlState !== undefined ? String(errno) : undefined;
  },
  /** The application writes the text of `SIGNAL` and `RESIGNAL`: ER_SIGNAL_EXCEPTION, or SQLSTATE class 45. */
  shownOf(error) {
    const { errno, sqlState } = (error ?? {}) as Failure;
    return errno === 1644 || errno === 1643 || String(sqlState).startsWith('45') ? '' : undefined;
  },
};
