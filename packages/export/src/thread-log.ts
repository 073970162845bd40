import { writeSync } from 'node:fs';

const STDERR = 2;

/**
 * Writes a line to the file descriptor: `process.stderr` of a thread needs the main thread, which may be blocked.
 *
 * @param what becomes `foreshock: <what> key=value …`; values with a space are quoted
 */
export function writeWarning(what: string, values: Readonly<Record<string, string | number | undefined>>): void {
  const shown = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${/^[\w.-]+$/.test(String(value)) ? value : JSON.stringify(value)}`);
  try {
    writeSync(STDERR, `foreshock: ${[what, ...shown].join(' ')}\n`);
  } catch {
    // A closed standard error is no reason to fail.
  }
}
