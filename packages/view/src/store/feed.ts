import { BEGINNING, type Place, resourceRows, tracePage } from '@foreshock/explain/store';
import type { Store } from './store.ts';

/** What the thread of the answer reads from that of the store: all spans of a time, page by page. */
export function feedOf(store: Store) {
  return {
    /** Of a time that does not begin before the newest so many spans, nor before the store is complete. */
    open(from: number, to: number, mostSpans: number) {
      const oldest = Math.max(store.startOfNewest(mostSpans, to), store.eviction.completeSince);
      const resources = resourceRows(store.database);
      return { seq: store.seq, first: BEGINNING, from: Math.max(from, oldest), to, isPart: oldest > from, resources };
    },
    page: (after: Place, from: number, to: number) => tracePage(store.database, after, from, to),
  };
}

export type FeedMethods = ReturnType<typeof feedOf>;
