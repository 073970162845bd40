import { open } from 'node:fs/promises';
import { OTLP_BEGIN } from './otlp-scan.ts';

/** Of a file of OTLP, in bytes. */
export interface FileSegment {
  path: string;
  from: number;
  to: number;
}

/** Where one segment ends and the next begins: `JsonValues` takes nothing over such a line's begin. */
const BETWEEN = Buffer.concat([Buffer.from('\n'), OTLP_BEGIN]);
const LEAST_CHUNK = 512 * 1024;
const MOST_CHUNK = 8 * 1024 * 1024;

/** The lines from the first OTLP line that begins in the segment to the first one that begins after it. */
export async function* segmentBytes({ path, from, to }: FileSegment): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    // With the line break before it.
    let at = Math.max(0, from - 1);
    let isInside = from === 0;
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      // Mostly one chunk is enough.
      const size = Math.max(0, Math.min(to - at, MOST_CHUNK)) + LEAST_CHUNK;
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(size), position: at + rest.length });
      let bytes = buffer.subarray(0, bytesRead);
      if (rest.length > 0) bytes = Buffer.concat([rest, bytes]);
      const isLast = bytesRead === 0;
      if (!isInside) {
        const between = bytes.indexOf(BETWEEN);
        const begin = at + (between < 0 ? Math.max(0, bytes.length - BETWEEN.length + 1) : between + 1);
        if (begin >= to) return;
        isInside = between >= 0;
        bytes = bytes.subarray(begin - at);
        at = begin;
      }
      const end = isInside && at + bytes.length >= to ? bytes.indexOf(BETWEEN, Math.max(0, to - 1 - at)) : -1;
      const length = end >= 0 ? end + 1 : isLast ? bytes.length : Math.max(0, bytes.length - BETWEEN.length + 1);
      if (isInside && length > 0) yield bytes.subarray(0, length);
      if (end >= 0 || isLast) return;
      rest = bytes.subarray(length);
      at += length;
    }
  } finally {
    await file.close();
  }
}
