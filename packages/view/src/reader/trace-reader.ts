import type { ListQuery, listTraces } from '../store/trace-list.ts';
import type { WholeTrace } from './whole-trace.ts';

export type { ListQuery, WholeTrace };
/** As `/api/traces` of the viewer gives it. */
export type FoundTraces = ReturnType<typeof listTraces>;

/** Search and traces of a source, in the viewer's language and form. */
export interface TraceReader {
  /** @throws UnreadableSource */
  search(query: ListQuery): Promise<FoundTraces>;
  /**
   * Undefined if there is no such trace.
   *
   * @throws UnreadableSource
   */
  trace(traceId: string): Promise<WholeTrace | undefined>;
  /** Whether it still shows what its source has. */
  isCurrent(): Promise<boolean>;
  close(): void;
}
