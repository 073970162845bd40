import { fetchBody, fetchJson } from '@foreshock/explain/sources';
import type { FoundTraces, ListQuery, TraceReader } from './trace-reader.ts';
import { readWholeTrace, type WholeTrace } from './whole-trace.ts';

/** A running `foreshock view`. */
export class ViewerReader implements TraceReader {
  readonly #base: URL;

  constructor(base: URL) {
    this.#base = base;
  }

  async search({ q, from, to, limit, before }: ListQuery): Promise<FoundTraces> {
    const query = new URLSearchParams({ q, from: String(from), to: String(to), limit: String(limit) });
    if (before !== undefined) query.set('before', before);
    return (await fetchJson(new URL(`api/traces?${query}`, this.#base))) as FoundTraces;
  }

  async trace(traceId: string): Promise<WholeTrace | undefined> {
    return readWholeTrace(await fetchBody(new URL(`api/export?traceId=${traceId}`, this.#base)));
  }

  async isCurrent(): Promise<boolean> {
    return true;
  }

  close(): void {}
}
