import { diag } from '@opentelemetry/api';

/** How important a line of ours is; `diag`'s words. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Writes one line; it may throw. */
export type WriteLine = (level: LogLevel, message: string, values: readonly unknown[]) => void;

// Of the registry: each file of a bundle has a copy of this one.
const WRITER = Symbol.for('foreshock.log');

/** All lines of ours go here instead of to `diag`, which is the application's to set. */
export function setLogWriter(write: WriteLine): void {
  (globalThis as Record<symbol, unknown>)[WRITER] = write;
}

/**
 * One line of ours: to the preload's writer, else to `diag`. Never throws: standard error may be closed, and a `diag`
 * logger of the application's may throw.
 *
 * @param message begins with `foreshock: `
 */
export function log(level: LogLevel, message: string, ...values: unknown[]): void {
  try {
    const write = (globalThis as Record<symbol, unknown>)[WRITER] as WriteLine | undefined;
    if (write) write(level, message, values);
    else diag[level](message, ...values);
  } catch {
    // There is nowhere left to say it.
  }
}
