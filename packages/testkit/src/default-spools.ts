import { existsSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIRECTORY = join(tmpdir(), `foreshock-${process.getuid?.() ?? 'user'}`);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Begins this checkout's applications' names: export's `serviceDirectory` of the default. */
const OWN = `unknown_service:node:${ROOT}`.replaceAll(/[^\w.-]/g, '_').slice(0, 48);

/**
 * Since then, nameless applications of this checkout wrote into the default spool directory: a test started them
 * without FORESHOCK_SPOOL_DIR.
 */
export function defaultSpoolsSince(time: number): string[] {
  if (!existsSync(DIRECTORY)) return [];
  const names = readdirSync(DIRECTORY).filter((name) => name.startsWith(OWN));
  return names.map((name) => join(DIRECTORY, name)).filter((path) => statSync(path).mtimeMs >= time);
}
