import { constants } from 'node:os';
import { END_REQUEST_AT, HEADER_BYTES } from './file-layout.ts';
import { SIGNAL, SIGNAL_AT, wake, type SpoolMemory } from './spool-memory.ts';

/** A listener of the application has received it. */
export interface EndRequest {
  readonly signal: string;
  /** ms since 1970. */
  readonly at: number;
}

/** SIGHUP often means: read the configuration again. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const BYTES = 9;

/** Main thread: by its number; others are ignored. The first counts. */
export function noteEndRequest({ words, samples }: SpoolMemory, signal: number): void {
  if (samples[SIGNAL_AT]! > 0 || nameOf(signal) === undefined) return;
  samples[SIGNAL] = signal;
  samples[SIGNAL_AT] = Date.now();
  wake(words);
}

/** Sender thread. */
export function encodeEndRequest({ samples }: SpoolMemory): Buffer | undefined {
  const at = samples[SIGNAL_AT]!;
  if (at === 0) return undefined;
  const bytes = Buffer.alloc(BYTES);
  bytes.writeDoubleLE(at, 0);
  bytes[BYTES - 1] = samples[SIGNAL]!;
  return bytes;
}

/** Of a file. */
export function readEndRequest(file: Buffer): EndRequest | undefined {
  if (file.length < HEADER_BYTES) return undefined;
  const signal = nameOf(file[END_REQUEST_AT + BYTES - 1]!);
  const at = file.readDoubleLE(END_REQUEST_AT);
  return signal !== undefined && at > 0 && Number.isFinite(at) ? { signal, at } : undefined;
}

function nameOf(number: number): string | undefined {
  return SIGNALS.find((name) => constants.signals[name] === number);
}
