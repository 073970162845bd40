import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/**
 * An application's folder, for as long as the test runs, with other versions of libraries in it. npm puts an alias into
 * a folder named for the alias, but a library is known by the folder it has in everybody's `node_modules`: so it is
 * copied (a link would be resolved again); what it depends on it finds further up, where the alias does.
 *
 * @param aliases library to alias: `{ express: 'express-4' }`
 * @returns the application's file in that folder
 */
export function installed(fixture: URL, aliases: Record<string, string>): string {
  const require = createRequire(import.meta.url);
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'app-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [library, alias] of Object.entries(aliases)) {
    const original = dirname(require.resolve(`${alias}/package.json`));
    cpSync(original, join(folder, 'node_modules', library), { recursive: true });
  }
  const file = join(folder, basename(fixture.pathname));
  cpSync(fileURLToPath(fixture), file);
  return file;
}
