import type { BoundaryLine } from './boundary-line.ts';

/** Writes as the application would: its level, format and transports apply. */
export type WriteLine = (line: BoundaryLine) => void;

let first: WriteLine | undefined;
let last: WriteLine | undefined;

/**
 * The application's first logger: later ones have their own bindings.
 *
 * @param isFallback ours, while there is no other
 */
export function useLogger(write: WriteLine, isFallback = false): void {
  if (isFallback) last ??= write;
  else first ??= write;
}

/**
 * Ended: writing would emit `error`, which ends a process that does not listen (thread-stream/index.js;
 * fs.WriteStream).
 */
export function isEnded(stream: { writable?: boolean; destroyed?: boolean } | undefined): boolean {
  return stream?.writable === false || stream?.destroyed === true;
}

export function applicationLogger(): WriteLine | undefined {
  return first ?? last;
}
