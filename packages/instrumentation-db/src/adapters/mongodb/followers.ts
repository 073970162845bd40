import { HandOver, type Hooks } from '@foreshock/kit';

/** `AbstractOperation` of mongodb/lib/operations/operation.js. */
export interface Operation {
  options?: { tailable?: boolean };
  session?: { explicit?: boolean };
}

/**
 * Change streams and tailable cursors ask for news endlessly.
 *
 * @returns whether an operation only does so
 */
export function recogniseFollowers(hooks: Hooks): (operation: Operation | undefined) => boolean {
  /** `ChangeStreamCursor` calls `executeOperation` synchronously (mongodb/lib/cursor/abstract_cursor.js). */
  const asking = new HandOver<true>();
  /** One per tailable cursor. Before 6.10 a `GetMoreOperation` lacks such an option. */
  const sessions = new WeakSet<object>();

  hooks.onLoad('mongodb/lib/cursor/change_stream_cursor.js', ({ exports: { ChangeStreamCursor } }) => {
    // `_getMore` before 6.4.
    const method = Object.hasOwn(ChangeStreamCursor.prototype, 'getMore') ? 'getMore' : '_getMore';
    hooks.calls(ChangeStreamCursor.prototype, method, { begin: () => true as const, handOver: asking });
  });

  return (operation) => {
    if (asking.take()) return true;
    const { options, session } = operation ?? {};
    const isMore = operation?.constructor.name === 'GetMoreOperation';
    if (!options?.tailable) return isMore && session !== undefined && sessions.has(session);
    if (session && !session.explicit) sessions.add(session);
    return isMore;
  };
}
