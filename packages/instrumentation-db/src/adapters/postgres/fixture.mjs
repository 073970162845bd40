// postgres as an application uses it; the contract suite calls it.
import postgres from 'postgres';

export async function open({ url }) {
  const sql = postgres(url, { max: 4 });
  const one = postgres(url, { max: 1 });
  const small = postgres(url, { max: 2 });
  // Each opens a connection.
  await Promise.all(Array.from({ length: 4 }, () => sql`SELECT 1`));
  return {
    succeed: () => sql`SELECT 1 AS one`.execute(),
    fail: () => sql`SELECT * FROM missing`.execute(),
    call: { owner: sql``.constructor.prototype, method: 'execute' },
    saturate: { limit: 2, run: (i) => small`SELECT ${i}::int AS i` },
    database: { query: (text, values) => one.unsafe(text, values), placeholder: '$1' },
    close: () => Promise.all([sql.end(), one.end(), small.end()]),
  };
}
