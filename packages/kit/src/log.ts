import { diag } from '@opentelemetry/api';

/** Levels of `diag`. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export type WriteLine = (level: LogLevel, message: string, values: readonly unknown[]) => void;

// Process-wide: bundle files have copies.
const WRITER = Symbol.for('foreshock.log');

/** Replaces `diag`, which the application may set. */
export function setLogWriter(write: WriteLine): void {
  (globalThis as Record<symbol, unknown>)[WRITER] = write;
}

/**
 * Never throws, even with standard error closed.
 *
 * @param message begins with `foreshock: `
 */
export function log(level: LogLevel, message: string, ...values: unknown[]): void {
  try {
    const write = (globalThis as Record<symbol, unknown>)[WRITER] as WriteLine | undefined;
    if (write) write(level, message, values);
    else diag[level](message, ...values);
  } catch {}
}
