import { writeSync } from 'node:fs';

const STDERR = 2;

/** One line on standard error: whoever runs into a fault shall know that it is one. */
export function say(text: string): void {
  try {
    writeSync(STDERR, `foreshock/chaos: ${text.replaceAll('\n', ' ')}\n`);
  } catch {
    // A closed standard error is no reason to fail.
  }
}
