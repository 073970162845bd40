import { writeSync } from 'node:fs';

const STDERR = 2;

/** Users see that a failure is injected. */
export function say(text: string): void {
  try {
    writeSync(STDERR, `foreshock/chaos: ${text.replaceAll('\n', ' ')}\n`);
  } catch {
    // Standard error may be closed.
  }
}
