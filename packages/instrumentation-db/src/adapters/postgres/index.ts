import { replacementOf, type AnyFunction } from '@foreshock/kit';
import type { DbAdapter } from '../../events.ts';
import { observedFactory } from './connections.ts';
import { isToObserve, observeQuery, type PostgresQuery } from './queries.ts';
import { postgresConnection } from './targets.ts';

/**
 * postgres 3 (Postgres.js) sends only `Query` objects, which `handle` gives to `handler`: a pool's, transaction's or
 * reserved connection's. It has neither hook nor channel; `options.debug` changes its errors.
 *
 * Its files exist twice: `cjs/src` is made from `src`.
 */
export const postgres: DbAdapter = {
  library: 'postgres',
  versions: '>=3.1.0 <4',
  upstream: [],
  driver: postgresConnection,
  shows: ['spans', 'parent'],
  title: '`postgres` (Postgres.js)',
  summary: 'queries, also simple and of files, transactions, reserved connections, cursors, `COPY`, notifications',
  attach(db, hooks) {
    const replaced = (original: AnyFunction): AnyFunction =>
      replacementOf(original, db, hooks, observedFactory, postgres);
    for (const folder of ['postgres/src', 'postgres/cjs/src']) {
      hooks.onFunctionLoad(`${folder}/connection.js`, 'Connection', replaced);
      hooks.onLoad(`${folder}/query.js`, ({ exports: { Query } }) => {
        hooks.calls(Query.prototype, 'handle', {
          begin: (query: PostgresQuery) => (isToObserve(query) ? query : undefined),
          returned: (query) => observeQuery(query, db),
        });
      });
    }
  },
};
