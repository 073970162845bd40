import { followed, replacementOf, type Adapter, type AnyFunction, type Attachment } from '@foreshock/kit';
import type { PoolEvents } from '../../events.ts';
import { observeConnection, type Connection } from './connections.ts';
import { Pool, type Options, type Queues } from './pool.ts';
import { observeQuery, type Query } from './queries.ts';

const PLACE = 'postgres pool';

/** By connections' queues. */
const pools = new WeakMap<Queues, Pool>();

/**
 * postgres 3 (Postgres.js). A pool hands each `Query` to an idle connection, a new one, behind another's query, or to
 * its queue. The caller waits until its query is `active`: a connection's are done in order.
 */
export const postgresPool: Adapter<PoolEvents> = {
  library: 'postgres',
  versions: '>=3.1.0 <4',
  upstream: [],
  shows: ['wait', 'state'],
  title: '`postgres` (pools)',
  summary: 'waits, also behind another query of a busy connection, holders, time-outs, leaks',
  attach(events, hooks) {
    const replaced = (original: AnyFunction): AnyFunction =>
      replacementOf(original, events, hooks, observedFactory, postgresPool);
    for (const folder of ['postgres/src', 'postgres/cjs/src']) {
      hooks.onFunctionLoad(`${folder}/connection.js`, 'Connection', replaced);
      hooks.onLoad(`${folder}/query.js`, ({ exports: { Query } }) => {
        hooks.before(Query.prototype, 'handle', (query: Query) => {
          if (!query.executed) observeQuery(query, events);
        });
      });
    }
  },
};

/** Queueless, it only cancels. */
function observedFactory(create: AnyFunction, attachment: Attachment<PoolEvents>): AnyFunction {
  const made = (connection: Connection, _self: unknown, [options, queues]: [Options, Queues | undefined]): void => {
    if (!queues) return;
    let pool = pools.get(queues);
    if (!pool) pools.set(queues, (pool = new Pool(queues, options)));
    observeConnection(connection, pool, attachment);
  };
  return followed(create, made, PLACE, attachment);
}
