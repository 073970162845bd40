import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The directory of the spools of all services of this user. */
export function defaultSpoolDirectory(): string {
  return join(tmpdir(), `foreshock-${process.getuid?.() ?? 'user'}`);
}
