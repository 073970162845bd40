/** Writes as the application would: its level, format and transports apply. */
export type WriteLine = (level: 'info' | 'warn', message: string, fields: Record<string, unknown>) => void;

let first: WriteLine | undefined;
let last: WriteLine | undefined;

/**
 * The application's first logger: children and later ones have their own bindings.
 *
 * @param isFallback not made by the application: used while there is no other
 */
export function useLogger(write: WriteLine, isFallback = false): void {
  if (isFallback) last ??= write;
  else first ??= write;
}

/**
 * A stream that has been ended. Writing to it would emit `error`, which ends a process that does not listen
 * (thread-stream/index.js, of `pino.transport`; fs.WriteStream).
 */
export function isEnded(stream: { writable?: boolean; destroyed?: boolean } | undefined): boolean {
  return stream?.writable === false || stream?.destroyed === true;
}

export function applicationLogger(): WriteLine | undefined {
  return first ?? last;
}
