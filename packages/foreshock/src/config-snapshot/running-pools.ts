const TIMEOUT_MS = 5_000;
/** Of `/metrics` (`db.client.connection.limit`, `pool.limit`). */
const LIMIT = /^(?:db_client_connection_limit|pool_limit)\{(.*)\} (\d+)/;
const NAME = /(?:^|,)(?:db_client_connection_pool_name|pool_name)="((?:[^"\\]|\\.)*)"/;

/**
 * Pool limits of a running process.
 *
 * @param admin of `FORESHOCK_ADMIN_PORT`, such as `http://127.0.0.1:9464`
 */
export async function runningPools(admin: string): Promise<Record<string, number>> {
  if (!URL.canParse('/metrics', admin)) throw new Error(`${admin} is no address such as http://127.0.0.1:9464`);
  const url = new URL('/metrics', admin);
  const asked = fetch(url, { headers: { accept: 'text/plain' }, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const answer = await asked.catch(({ cause, message }: Error & { cause?: { code?: string; message?: string } }) => {
    throw new Error(`${url.href}: no answer (${cause?.code ?? cause?.message ?? message})`);
  });
  if (!answer.ok) throw new Error(`${url.href} answers ${answer.status}`);
  const pools: Record<string, number> = {};
  for (const line of (await answer.text()).split('\n')) {
    const [, labels = '', limit] = LIMIT.exec(line) ?? [];
    const name = NAME.exec(labels)?.[1];
    if (name !== undefined) pools[name] = Number(limit);
  }
  return Object.fromEntries(Object.entries(pools).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
