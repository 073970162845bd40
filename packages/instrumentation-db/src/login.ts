import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressed, type Dependency } from '@foreshock/kit';

/** MySQL's own (`connect_timeout`): who leaves earlier is counted (`max_connect_errors`), and would lock the host out. */
export const LOGIN_MS = 10_000;

export class LoginTimeOut extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Wrong user or password, no right to the database, no such database: the server serves. */
const REFUSALS: readonly unknown[] = [1044, 1045, 1049, 1698];

/**
 * One at a time, however long it takes: a server that hangs gets no second connection. None any more with credentials that
 * were refused: servers lock accounts.
 */
export function oneLogin(login: () => Promise<void>, dependency: Dependency): () => Promise<void> {
  let pending: Promise<void> | undefined;
  const ask = (): Promise<void> =>
    (pending ??= context
      .with(suppressed(ROOT_CONTEXT), login)
      .catch((error: unknown) => {
        if (!REFUSALS.includes((error as { errno?: unknown } | undefined)?.errno)) throw error;
        if (dependency.ask === ask) dependency.ask = undefined;
      })
      .finally(() => (pending = undefined)));
  return ask;
}
