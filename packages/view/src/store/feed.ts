import { BEGINNING, type Place, resourceRows, tracePage } from '@foreshock/explain/store';
import type { Store } from './store.ts';

export function feedOf(store: Store) {
  return {
    /** The newest `mostSpans`, within the store's complete time. */
    open(from: number, to: number, mostSpans: number) {
      const oldest = Math.max(store.startOfNewest(mostSpans, to), store.eviction.completeSince);
      const resources = resourceRows(store.database);
      return { seq: store.seq, first: BEGINNING, from: Math.max(from, oldest), to, isPart: oldest > from, resources };
    },
    page: (after: Place, from: number, to: number) => tracePage(store.database, after, from, to),
  };
}

export type FeedMethods = ReturnType<typeof feedOf>;
