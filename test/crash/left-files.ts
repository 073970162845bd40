import { readFileSync } from 'node:fs';
import { decodeHeader, readFrames } from '../../packages/export/src/disk/file-format.ts';
import { BEATS_AT, HEADER_BYTES, HOME_DATA_AT } from '../../packages/export/src/disk/file-layout.ts';
import { BEAT_BYTES, BEATS, readHeartbeats } from '../../packages/export/src/disk/heartbeat.ts';
import { spoolFiles } from './spool-state.ts';

/** Times are ms before a process was killed; undefined: never. */
export interface LeftFiles {
  readonly files: number;
  /** Frames of the main thread's late file. */
  readonly late: number;
  /** The sender thread runs. */
  readonly beats: number;
  readonly lastBeatMs: number | undefined;
  readonly spans: number;
  /** What they take, with and without what a file adds. */
  readonly frameBytes: number;
  readonly recordBytes: number;
  /** When spans were last written, newest first. */
  readonly writesMs: readonly number[];
}

const MOST_WRITES = 6;

/** What the files of a process that was killed say about its last moments. */
export function leftFiles(base: string, pid: number, killedAt: number): LeftFiles {
  let files = 0;
  let late = 0;
  let spans = 0;
  let frameBytes = 0;
  let recordBytes = 0;
  const writes = new Set<number>();
  const beats: number[] = [];
  for (const path of spoolFiles(base)) {
    const bytes = readFileSync(path);
    const header = decodeHeader(bytes);
    if (header?.pid !== pid) continue;
    files++;
    const own = new Set<number>();
    const from = header.home ? HOME_DATA_AT : HEADER_BYTES;
    const frames = readFrames(bytes, from, (_, at) => own.add(at));
    frameBytes += frames.end - from;
    for (const batch of frames.batches) {
      spans += batch.spans;
      recordBytes += batch.end - batch.start;
    }
    for (const at of own) writes.add(killedAt - at);
    if (header.late) late += own.size;
    if (!header.home) continue;
    for (const { at } of readHeartbeats(bytes.subarray(BEATS_AT, BEATS_AT + BEATS * BEAT_BYTES))) beats.push(at);
  }
  const lastBeat = beats.at(-1);
  return {
    files,
    late,
    spans,
    frameBytes,
    recordBytes,
    beats: beats.length,
    lastBeatMs: lastBeat === undefined ? undefined : killedAt - lastBeat,
    writesMs: [...writes].toSorted((one, other) => one - other).slice(0, MOST_WRITES),
  };
}
