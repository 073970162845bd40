import type { ServerErrors } from '@foreshock/kit';

/** An error of the server's (pg-protocol/src/messages.ts, `DatabaseError`), or of the socket's. */
interface Failure {
  code?: unknown;
  /** Of an error of the system's, such as `EPIPE`. */
  syscall?: unknown;
  /** The source file of the server that raised it. */
  file?: unknown;
}

/** Errors of PostgreSQL, as pg throws them. */
export const PG_ERRORS: ServerErrors = {
  /** A SQLSTATE: five characters. */
  statusOf(error) {
    const { code, syscall } = (error ?? {}) as Failure;
    return typeof code === 'string' && code.length === 5 && syscall === undefined ? code : undefined;
  },
  /** The message of a program is the application's: `RAISE` is in pl_exec.c, of other languages in plperl.c, plv8.cc, … */
  shownOf(error) {
    const { file } = (error ?? {}) as Failure;
    return typeof file === 'string' && file.startsWith('pl') ? '' : undefined;
  },
};
