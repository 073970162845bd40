import type { ListQuery, listTraces } from '../store/trace-list.ts';
import type { WholeTrace } from './whole-trace.ts';

export type { ListQuery, WholeTrace };
/** As of the viewer's `/api/traces`. */
export type FoundTraces = ReturnType<typeof listTraces>;

/** A source's search and traces, in the viewer's language and form. */
export interface TraceReader {
  /** @throws UnreadableSource */
  search(query: ListQuery): Promise<FoundTraces>;
  /**
   * Undefined if missing.
   *
   * @throws UnreadableSource
   */
  trace(traceId: string): Promise<WholeTrace | undefined>;
  /** Whether it shows what its source has. */
  isCurrent(): Promise<boolean>;
  close(): void;
}
