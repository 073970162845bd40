// The pool of postgres as an application uses it; the contract suite calls it.
import postgres from 'postgres';

export async function open({ url }) {
  const pool = (max, at = url) => postgres(at, { max });
  const refusing = pool(1, url.replace(/\/[^/]*$/, '/missing'));
  let crowded;
  let inside = 0;
  return {
    // A new pool each time: the call waits for a connection to be opened.
    succeed() {
      const fresh = pool(1);
      const query = fresh`SELECT 1 AS one`.execute();
      query.then(() => fresh.end());
      return query;
    },
    fail: () => refusing`SELECT 1 AS one`.execute(),
    call: { owner: refusing``.constructor.prototype, method: 'execute' },
    saturate: {
      limit: 2,
      async run() {
        const all = (crowded ??= pool(2));
        inside++;
        await all`SELECT 1 AS one`;
        if (--inside > 0) return;
        crowded = undefined;
        await all.end();
      },
    },
    close: () => refusing.end(),
  };
}
