import { SpanTable } from '../spans/span-table.ts';
import { isAddress, readBackend } from './backend.ts';
import { readPath, readStream } from './file.ts';
import type { TimeRange } from './time-range.ts';
import { UnreadableSource } from './unreadable.ts';
import { viewerAt } from './viewer-api.ts';

export interface ReadSources {
  table: SpanTable;
  notes: string[];
}

/** Default of `foreshock view` and exporters. */
const LOCAL_VIEWER = 'http://127.0.0.1:4318';
/** Jaeger's default. */
const LOCAL_JAEGER = 'http://localhost:16686';

/** This machine's viewer, else its Jaeger; `without`: what was missing. */
export async function localSource(): Promise<{ source: string; without?: string }> {
  if (await viewerAt(new URL(LOCAL_VIEWER))) return { source: LOCAL_VIEWER };
  return { source: LOCAL_JAEGER, without: `no \`foreshock view\` at ${LOCAL_VIEWER}` };
}

const HALF_AN_HOUR_MS = 1_800_000;

/**
 * Reads files, folders, `-` (standard input), addresses of a viewer, Jaeger or Zipkin. `range`: the latter two's,
 * default the last half hour.
 */
export async function readSources(
  sources: string[],
  stdin: AsyncIterable<Buffer>,
  range: TimeRange = { from: Date.now() - HALF_AN_HOUR_MS, to: Date.now() },
): Promise<ReadSources> {
  const table = new SpanTable();
  const notes: string[] = [];
  for (const source of sources) {
    try {
      if (source === '-') await readStream(stdin, table, notes, 'standard input');
      else if (isAddress(source)) await readBackend(source, range, table, notes);
      else await readPath(source, table, notes);
    } catch (error) {
      if (error instanceof UnreadableSource) throw new UnreadableSource(`${source}: ${error.message}`);
      throw error;
    }
  }
  return { table, notes };
}
