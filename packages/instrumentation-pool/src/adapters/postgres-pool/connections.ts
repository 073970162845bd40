import { guard, preceded, replaceOn, beforeEach, type AnyFunction, type Attachment } from '@foreshock/kit';
import type { PoolEvents } from '../../events.ts';
import { source, type Pool, type Queue } from './pool.ts';
import { connectingFor, handedOver, lendTo, type Query } from './queries.ts';

const PLACE = 'postgres pool';

/** From `Connection` of postgres/src/connection.js. */
export interface Connection {
  queue: Queue;
  /** A transaction's, or `sql.reserve`'s. */
  reserved?: unknown;
  execute: AnyFunction;
  connect: AnyFunction;
}

/** Only a connection's methods and queue are visible; all else are closures. */
export function observeConnection(connection: Connection, pool: Pool, attachment: Attachment<PoolEvents>): void {
  const methods = connection as unknown as Record<'execute' | 'connect', AnyFunction>;
  const { queues } = pool;
  let last: Query | undefined;
  let state: object | undefined;
  let { queue } = connection;
  let isReserved = false;

  function lend(connected: object): void {
    // By its last query, if the caller had to wait for that.
    attachment.events.released(pool, connected);
    attachment.events.lent(source, pool, connected);
  }

  const executing = (_self: unknown, [query]: [Query]): void => {
    last = query;
    if (!connection.reserved) handedOver(query, pool);
  };
  beforeEach(methods, 'execute', executing, PLACE, attachment);
  replaceOn(methods, 'connect', (original) => {
    const before = (_self: unknown, [query]: [Query]): void => {
      last = query;
      connectingFor(query, pool, attachment.events);
    };
    return preceded(original, before, PLACE, attachment);
  });
  Object.defineProperty(connection, 'queue', {
    configurable: true,
    enumerable: true,
    get: () => queue,
    set(next: Queue) {
      queue = next;
      const wasReserved = isReserved;
      isReserved = next === queues.reserved || (wasReserved && next === queues.full);
      // By `sql.reserve`, without a query; a transaction's first one is `BEGIN`.
      const isLent = isReserved && !wasReserved && !last;
      // Queries are not kept longer.
      const query = last;
      state = query?.state ?? state;
      last = undefined;
      if (!state || !attachment.active) return;
      const connected = state;
      // `BEGIN` reserves it.
      if (query && (next === queues.busy || next === queues.full || next === queues.reserved))
        guard(PLACE, () => lendTo(query, attachment.events));
      else if (isLent) guard(PLACE, () => lend(connected));
      else if (next === queues.open || next === queues.closed || next === queues.ended)
        guard(PLACE, () => attachment.events.released(pool, connected));
    },
  });
}
