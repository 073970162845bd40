import { resourceRows } from './span-rows.ts';
import type { Store } from './store.ts';
import { BEGINNING, type Place, startOfNewest, tracePage } from './trace-pages.ts';

/** What the thread of the answer reads from that of the store: all spans of a time, page by page. */
export function feedOf(store: Store) {
  return {
    /** Of a time that does not begin before the newest so many spans, nor before the store is complete. */
    open(from: number, to: number, mostSpans: number) {
      const oldest = Math.max(startOfNewest(store.database, mostSpans, to), store.eviction.completeSince);
      return { seq: store.seq, first: BEGINNING, from: Math.max(from, oldest), to, isPart: oldest > from };
    },
    page: (after: Place, from: number, to: number) => tracePage(store.database, after, from, to),
    /** All; the rows name them by their ids. */
    resources: () => resourceRows(store.database),
  };
}

export type FeedMethods = ReturnType<typeof feedOf>;
