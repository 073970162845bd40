import type { ServerErrors } from '@foreshock/kit';

/** `DatabaseError` (pg-protocol/src/messages.ts), `PostgresError` (postgres/src/errors.js), or a socket error. */
interface Failure {
  code?: unknown;
  /** Of system errors (`EPIPE`). */
  syscall?: unknown;
  /** In the server's source. */
  file?: unknown;
}

export const POSTGRESQL_ERRORS: ServerErrors = {
  /** A SQLSTATE has five characters. */
  statusOf(error) {
    const { code, syscall } = (error ?? {}) as Failure;
    return typeof code === 'string' && code.length === 5 && syscall === undefined ? code : undefined;
  },
  /** Stored programs write their own: `RAISE` is in pl_exec.c, other languages in plperl.c, plv8.cc, … */
  shownOf(error) {
    const { file } = (error ?? {}) as Failure;
    return typeof file === 'string' && file.startsWith('pl') ? '' : undefined;
  },
};
