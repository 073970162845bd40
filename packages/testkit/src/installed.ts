import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
const CACHE = fileURLToPath(new URL('../node_modules/.cache/installed/', import.meta.url));

/** An application's folder with chosen versions of libraries installed in it. */
export interface Installed {
  folder: string;
  /** Version of each library, by its name. */
  versions: Record<string, string>;
  /** The application's `require`. */
  require: NodeJS.Require;
  /** Puts a file beside its `node_modules`, as the application's own. */
  add(file: URL): string;
  remove(): void;
}

/**
 * Installs libraries under their own names, each from an alias among the root's dependencies:
 * `installed({ pg: 'pg-8-0' })`.
 *
 * npm puts an alias into a folder named for the alias; everybody has the library in a folder of its own name. So it is
 * copied (a link would be resolved again) into a `node_modules` of its own; what it depends on it finds further up,
 * where the alias does.
 */
export function installed(libraries: Record<string, string>): Installed {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'app-'));
  const versions: Record<string, string> = {};
  for (const [name, alias] of Object.entries(libraries)) {
    cpSync(join(ROOT, alias), join(folder, 'node_modules', name), { recursive: true });
    versions[name] = versionOf(alias);
  }
  return {
    folder,
    versions,
    require: createRequire(join(folder, 'app.js')),
    add(file) {
      const path = join(folder, file.pathname.split('/').pop()!);
      cpSync(fileURLToPath(file), path);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The version that an alias among the root's dependencies stands for. */
export function versionOf(alias: string): string {
  return JSON.parse(readFileSync(join(ROOT, alias, 'package.json'), 'utf8')).version;
}
