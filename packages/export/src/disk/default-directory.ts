import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For all services of this user. */
export function defaultSpoolDirectory(): string {
  return join(tmpdir(), `foreshock-${process.getuid?.() ?? 'user'}`);
}
