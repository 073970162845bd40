import type { SpanTable } from '../spans/span-table.ts';
import { fetchBody } from './fetch.ts';
import { readStream } from './file.ts';

/** A local program answers within this time or never. */
const LIMIT_MS = 1_000;

/** Since when it keeps all traces; undefined without a viewer. */
export async function viewerAt(base: URL): Promise<{ completeSince: number } | undefined> {
  try {
    const answer = await fetch(new URL('api/status', base), { signal: AbortSignal.timeout(LIMIT_MS) });
    const { completeSince } = (await answer.json()) as { completeSince?: unknown };
    return answer.ok && typeof completeSince === 'number' ? { completeSince } : undefined;
  } catch {
    return undefined;
  }
}

/** Of its oldest time the viewer keeps only slow and failed traces. */
export async function readViewer(base: URL, completeSince: number, table: SpanTable, notes: string[]): Promise<void> {
  const body = await fetchBody(new URL(`api/export?from=${completeSince}`, base));
  await readStream(body, table, notes, 'foreshock view');
}
