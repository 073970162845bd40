import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readEndRequest, type EndRequest } from '../../packages/export/src/disk/end-request.ts';
import { decodeHeader, readFrames } from '../../packages/export/src/disk/file-format.ts';
import { BEATS_AT, HEADER_BYTES, HOME_DATA_AT, OPEN_SPANS_AT } from '../../packages/export/src/disk/file-layout.ts';
import { BEAT_BYTES, BEATS, readHeartbeats, type Heartbeat } from '../../packages/export/src/disk/heartbeat.ts';
import { readOpenSpans } from '../../packages/export/src/disk/open-span-copy.ts';

/** What the files of one process say. */
export interface SpoolState {
  readonly finished: number;
  readonly open: number;
  readonly heartbeat: Heartbeat | undefined;
  readonly endRequest: EndRequest | undefined;
}

/** Reads what a process has written so far. */
export function spoolState(base: string, pid: number): SpoolState {
  let finished = 0;
  let open = 0;
  let heartbeat: Heartbeat | undefined;
  let endRequest: EndRequest | undefined;
  for (const path of spoolFiles(base)) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      continue;
    }
    const header = decodeHeader(bytes);
    if (header?.pid !== pid) continue;
    const { batches } = readFrames(bytes, header.home ? HOME_DATA_AT : HEADER_BYTES);
    for (const { spans } of batches) finished += spans;
    if (!header.home) continue;
    open += readOpenSpans(bytes.subarray(OPEN_SPANS_AT, HOME_DATA_AT)).length;
    heartbeat = readHeartbeats(bytes.subarray(BEATS_AT, BEATS_AT + BEATS * BEAT_BYTES)).at(-1);
    endRequest = readEndRequest(bytes);
  }
  return { finished, open, heartbeat, endRequest };
}

/** All files below a directory. */
export function spoolFiles(base: string): string[] {
  try {
    return readdirSync(base, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

/** Resolves once the files say so; the test's own time-out ends it. */
export async function untilSpool(
  base: string,
  pid: number,
  holds: (state: SpoolState) => boolean,
): Promise<SpoolState> {
  for (;;) {
    const state = spoolState(base, pid);
    if (holds(state)) return state;
    await pause(20);
  }
}

/** Resolves once there are so many files: what has arrived is deleted when the answer has. */
export async function untilFiles(base: string, count: number): Promise<void> {
  while (spoolFiles(base).length !== count) await pause(20);
}
