import { fetchJson } from './fetch.ts';
import type { TakeValue } from './jaeger-api.ts';
import { sliced, type TimeRange } from './time-range.ts';
import { UnreadableSource } from './unreadable.ts';

const SLICES = 12;
const LIMIT = 500;

/** Notes say what is missing. */
export async function readZipkinApi(base: URL, range: TimeRange, take: TakeValue, notes: string[]): Promise<void> {
  const services = await fetchJson(new URL('api/v2/services', base));
  if (!Array.isArray(services) || services.length === 0) throw new UnreadableSource('it knows no services');
  let failed: UnreadableSource | undefined;
  let full = 0;
  let answered = 0;
  for (const { from, to } of sliced(range, SLICES)) {
    const query = new URLSearchParams({
      endTs: String(Math.ceil(to)),
      lookback: String(Math.ceil(to - from)),
      limit: String(LIMIT),
    });
    try {
      const traces = await fetchJson(new URL(`api/v2/traces?${query}`, base));
      take(traces);
      answered++;
      if (Array.isArray(traces) && traces.length >= LIMIT) full++;
    } catch (error) {
      if (!(error instanceof UnreadableSource)) throw error;
      failed = error;
    }
  }
  if (failed && answered === 0) throw failed;
  if (failed) notes.push(`Zipkin answered in part: ${failed.message}`);
  if (full > 0) notes.push(`only ${LIMIT} traces were fetched of each of ${full} parts of the time`);
}
