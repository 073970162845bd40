import type { Settings } from '@foreshock/kit';
import type { Running } from './snapshot.ts';

const TIMEOUT_MS = 5_000;
/** Of `/metrics` (`db.client.connection.limit`, `pool.limit`). */
const LIMIT = /^(?:db_client_connection_limit|pool_limit)\{(.*)\} (\d+)/;
const NAME = /(?:^|,)(?:db_client_connection_pool_name|pool_name)="((?:[^"\\]|\\.)*)"/;

/**
 * What its libraries have.
 *
 * @param admin of `FORESHOCK_ADMIN_PORT`, such as `http://127.0.0.1:9464`
 */
export async function askProcess(admin: string): Promise<Running> {
  if (!URL.canParse('/metrics', admin)) throw new Error(`${admin} is no address such as http://127.0.0.1:9464`);
  const pools = limitsIn(await answerOf(new URL('/metrics', admin)));
  // A process of an older version has none.
  const text = await answerOf(new URL('/config', admin)).catch(() => undefined);
  return { pools, ...(text !== undefined && { settings: settingsIn(text) }) };
}

async function answerOf(url: URL): Promise<string> {
  const asked = fetch(url, { headers: { accept: 'text/plain' }, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const answer = await asked.catch(({ cause, message }: Error & { cause?: { code?: string; message?: string } }) => {
    throw new Error(`${url.href}: no answer (${cause?.code ?? cause?.message ?? message})`);
  });
  if (!answer.ok) throw new Error(`${url.href} answers ${answer.status}`);
  return answer.text();
}

function limitsIn(text: string): Record<string, number> {
  const pools: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, labels = '', limit] = LIMIT.exec(line) ?? [];
    const name = NAME.exec(labels)?.[1];
    if (name !== undefined) pools[name] = Number(limit);
  }
  return sorted(pools);
}

/** Several of one name are numbered. */
function settingsIn(text: string): Record<string, Settings['values']> {
  const all: Record<string, Settings['values']> = {};
  for (const { library, name, values } of JSON.parse(text) as Settings[]) {
    const title = name === undefined ? library : `${library} ${name}`;
    let key = title;
    for (let i = 2; Object.hasOwn(all, key); i++) key = `${title} (${i})`;
    all[key] = sorted(values);
  }
  return sorted(all);
}

function sorted<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
