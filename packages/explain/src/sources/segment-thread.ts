// Reads segments of a file, one after the other.
import { parentPort } from 'node:worker_threads';
import { SpanTable, type TableCopy } from '../spans/span-table.ts';
import { type FileSegment, segmentBytes } from './file-segment.ts';
import { type JsonCounts, readJson } from './json-file.ts';
import { UnreadableSource } from './unreadable.ts';

export interface SegmentAnswer {
  index: number;
  read?: { counts: JsonCounts; copy: TableCopy };
  error?: { message: string; isUnreadable: boolean };
}

parentPort!.on('message', async ({ index, segment }: { index: number; segment: FileSegment }) => {
  let answer: SegmentAnswer;
  try {
    const table = new SpanTable();
    const counts = await readJson(segmentBytes(segment), table);
    answer = { index, read: { counts, copy: table.copy() } };
  } catch (error) {
    const { message } = error as Error;
    answer = {
      index,
      error: { message, isUnreadable: error instanceof UnreadableSource || 'syscall' in (error as Error) },
    };
  }
  const copy = answer.read?.copy;
  const arrays = copy ? [...Object.values(copy.columns), copy.attributes.data, copy.traces.words] : [];
  parentPort!.postMessage(
    answer,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
