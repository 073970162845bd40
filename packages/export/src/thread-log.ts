import { writeSync } from 'node:fs';

const STDERR = 2;

/**
 * A thread's `process.stderr` needs the main thread, perhaps blocked.
 *
 * @param what as in `foreshock: <what> key=value …`; values with spaces are quoted
 */
export function writeWarning(what: string, values: Readonly<Record<string, string | number | undefined>>): void {
  const shown = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${/^[\w.-]+$/.test(String(value)) ? value : JSON.stringify(value)}`);
  try {
    writeSync(STDERR, `foreshock: ${[what, ...shown].join(' ')}\n`);
  } catch {
    // Standard error may be closed.
  }
}
