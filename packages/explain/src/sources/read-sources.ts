import { SpanTable } from '../spans/span-table.ts';
import { readBackend } from './backend.ts';
import { readPath, readStream } from './file.ts';
import type { TimeRange } from './time-range.ts';
import { UnreadableSource } from './unreadable.ts';
import { viewerAt } from './viewer-api.ts';

/** What was read, and what could not be. */
export interface ReadSources {
  table: SpanTable;
  notes: string[];
}

/** Where `foreshock view` listens when nobody says otherwise: where exporters send to. */
const LOCAL_VIEWER = 'http://127.0.0.1:4318';
/** Where a Jaeger listens when nobody says otherwise. */
const LOCAL_JAEGER = 'http://localhost:16686';

/** What is read where no source is named: the viewer on this machine, else the Jaeger. */
export async function localSource(): Promise<string> {
  return (await viewerAt(new URL(LOCAL_VIEWER))) ? LOCAL_VIEWER : LOCAL_JAEGER;
}

const HALF_AN_HOUR_MS = 1_800_000;

/**
 * Reads all sources into one table: files, folders, `-` for standard input, addresses of a `foreshock view`, of a Jaeger or
 * Zipkin; of those two, what lies in `range`, by default the last half hour.
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
      else if (/^https?:\/\//.test(source)) await readBackend(source, range, table, notes);
      else await readPath(source, table, notes);
    } catch (error) {
      if (error instanceof UnreadableSource) throw new UnreadableSource(`${source}: ${error.message}`);
      throw error;
    }
  }
  return { table, notes };
}
