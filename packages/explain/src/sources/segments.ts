import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SpanTable } from '../spans/span-table.ts';
import type { JsonCounts } from './json-file.ts';
import type { SegmentAnswer } from './segment-thread.ts';
import { UnreadableSource } from './unreadable.ts';

/** A smaller file is read before threads have started. */
export const LEAST_SIZE: number = 64 * 1024 * 1024;

/** So much waits in a thread, or for its turn. */
const SEGMENT_SIZE = 8 * 1024 * 1024;
/** More do not help: this thread puts together what they read. */
const MOST_THREADS = 4;

/** Reads a file of OTLP lines by several threads, with the same result as by one. */
export async function readSegments(
  path: string,
  size: number,
  table: SpanTable,
  segmentSize: number = SEGMENT_SIZE,
): Promise<JsonCounts> {
  const segments = Array.from({ length: Math.ceil(size / segmentSize) }, (_, i) => ({
    path,
    from: i * segmentSize,
    // The file may have grown.
    to: (i + 1) * segmentSize < size ? (i + 1) * segmentSize : Infinity,
  }));
  const answers = new Map(segments.map((_, index) => [index, Promise.withResolvers<SegmentAnswer>()]));
  const failed = Promise.withResolvers<never>();
  let given = 0;
  const threads: Worker[] = [];
  const giveTo = (thread: Worker): void => {
    const index = given++;
    if (index < segments.length) thread.postMessage({ index, segment: segments[index] });
  };
  for (let i = 0; i < Math.min(MOST_THREADS, availableParallelism(), segments.length); i++) {
    const thread = new Worker(threadFile());
    thread.on('message', (answer: SegmentAnswer) => {
      answers.get(answer.index)!.resolve(answer);
      giveTo(thread);
    });
    thread.on('error', failed.reject);
    giveTo(thread);
    threads.push(thread);
  }
  const sum = { known: 0, bad: 0 };
  try {
    for (const [index, { promise }] of answers) {
      const { read, error } = await Promise.race([promise, failed.promise]);
      if (read === undefined)
        throw error?.isUnreadable ? new UnreadableSource(error.message) : new Error(error?.message);
      table.append(read.copy);
      answers.delete(index);
      sum.known += read.counts.known;
      sum.bad += read.counts.bad;
    }
  } finally {
    for (const thread of threads) void thread.terminate();
  }
  return sum;
}

/** Compiled or not, like this file. */
function threadFile(): URL {
  return new URL(`./segment-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}
