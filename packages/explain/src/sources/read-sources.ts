import { SpanTable } from '../spans/span-table.ts';
import { readPath, readStream } from './file.ts';
import { UnreadableSource } from './unreadable.ts';

/** What was read, and what could not be. */
export interface ReadSources {
  table: SpanTable;
  notes: string[];
}

/** Reads all sources into one table: files, folders, `-` for standard input. */
export async function readSources(sources: string[], stdin: AsyncIterable<Buffer>): Promise<ReadSources> {
  const table = new SpanTable();
  const notes: string[] = [];
  for (const source of sources) {
    try {
      if (source === '-') await readStream(stdin, table, notes, 'standard input');
      else await readPath(source, table, notes);
    } catch (error) {
      if (error instanceof UnreadableSource) throw new UnreadableSource(`${source}: ${error.message}`);
      throw error;
    }
  }
  return { table, notes };
}
