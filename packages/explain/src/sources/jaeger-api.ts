import { fetchBody, fetchJson } from './fetch.ts';
import { jsonValues } from './json-values.ts';
import { milliseconds } from './otlp-json.ts';
import { sliced, type TimeRange } from './time-range.ts';
import { UnreadableSource } from './unreadable.ts';

/** Limits Jaeger's load. */
const MOST_TRACES = 4_000;
const SLICES = 12;
const DEPTH = 1_000;
const AT_A_TIME = 6;

export type TakeValue = (value: unknown) => void;

/** API version 3. Notes say what is missing. */
export async function readJaegerApi(base: URL, range: TimeRange, take: TakeValue, notes: string[]): Promise<void> {
  const services = namesIn(await fetchJson(new URL('api/v3/services', base)));
  if (services.length === 0) throw new UnreadableSource('it knows no services');
  const queries = services.flatMap((service) => sliced(range, SLICES).map((slice) => queryOf(service, slice)));
  const starts = new Map<string, number>();
  const summaries = await tally(queries, async (query) => {
    for await (const value of await valuesOf(new URL(`api/v3/trace-summaries?${query}`, base)))
      takeSummaries(value, starts);
  });
  // Jaeger before 2.20 has no summaries: whole traces.
  const fetched =
    summaries.done === 0
      ? await tally(queries, (query) => foundTraces(new URL(`api/v3/traces?${query}`, base), take))
      : await tally(chosen(starts), (id) => readTraces(new URL(`api/v3/traces/${id}`, base), take));
  if (starts.size > MOST_TRACES)
    notes.push(`${MOST_TRACES} of ${starts.size} traces were fetched, evenly over the time`);
  if (fetched.done === 0 && fetched.error) throw fetched.error;
  if (fetched.error) notes.push(`Jaeger answered ${fetched.done} of ${fetched.all} requests; ${fetched.error.message}`);
}

/** By the names of today, and of Jaeger 2.13, which has no others. */
function queryOf(service: string, { from, to }: TimeRange): URLSearchParams {
  const [min, max, depth] = [new Date(from).toISOString(), new Date(to).toISOString(), String(DEPTH)];
  return new URLSearchParams({
    'query.serviceName': service,
    'query.service_name': service,
    'query.startTimeMin': min,
    'query.start_time_min': min,
    'query.startTimeMax': max,
    'query.start_time_max': max,
    'query.searchDepth': depth,
    'query.search_depth': depth,
    'query.num_traces': depth,
  });
}

async function valuesOf(url: URL): Promise<AsyncGenerator<unknown>> {
  return jsonValues(await fetchBody(url));
}

async function readTraces(url: URL, take: TakeValue): Promise<void> {
  for await (const value of await valuesOf(url)) take(value);
}

/** Before 2.20 or so, 404 is the answer when there are none. */
async function foundTraces(url: URL, take: TakeValue): Promise<void> {
  try {
    await readTraces(url, take);
  } catch (error) {
    if (!(error instanceof UnreadableSource && error.status === 404)) throw error;
  }
}

/** Evenly spaced: a busy minute must not displace a quiet one. */
function chosen(starts: Map<string, number>): string[] {
  const ids = [...starts].sort(([, a], [, b]) => a - b).map(([id]) => id);
  const step = Math.max(1, ids.length / MOST_TRACES);
  return Array.from({ length: Math.min(ids.length, MOST_TRACES) }, (_, i) => ids[Math.floor(i * step)]!);
}

function takeSummaries(value: unknown, starts: Map<string, number>): void {
  const { result } = (value ?? {}) as { result?: unknown };
  const holder = (result ?? value ?? {}) as Record<string, unknown>;
  for (const list of Object.values(holder)) {
    if (!Array.isArray(list)) continue;
    for (const summary of list as { traceId?: unknown; minStartTimeUnixNano?: string }[]) {
      if (typeof summary?.traceId === 'string' && /^[0-9a-f]+$/i.test(summary.traceId))
        starts.set(summary.traceId, milliseconds(summary.minStartTimeUnixNano) || 0);
    }
  }
}

function namesIn(value: unknown): string[] {
  const { services } = (value ?? {}) as { services?: unknown };
  return Array.isArray(services) ? services.filter((name) => typeof name === 'string') : [];
}

/** The successes and the first error. */
async function tally<T>(all: T[], run: (each: T) => Promise<void>) {
  let [next, done] = [0, 0];
  let error: UnreadableSource | undefined;
  const worker = async (): Promise<void> => {
    while (next < all.length) {
      try {
        await run(all[next++]!);
        done++;
      } catch (thrown) {
        if (!(thrown instanceof UnreadableSource)) throw thrown;
        error ??= thrown;
        // It lacks this API or is gone.
        if (done === 0) return;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return { all: all.length, done, error };
}
