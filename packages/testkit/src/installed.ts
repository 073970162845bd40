import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRange } from '@foreshock/kit';

const ROOT = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));
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
 * copied (a link would be resolved again) into a `node_modules` of its own. What it depends on it finds further up; where
 * that is another version than the alias finds, there is a link.
 */
export function installed(libraries: Record<string, string>, home: string = CACHE): Installed {
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(join(home, 'app-'));
  const versions: Record<string, string> = {};
  for (const [name, alias] of Object.entries(libraries)) {
    cpSync(join(ROOT, alias), join(folder, 'node_modules', name), { recursive: true });
    versions[name] = versionOf(alias);
  }
  for (const [name, alias] of Object.entries(libraries)) linkDependencies(alias, join(folder, 'node_modules', name));
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

/** @param copy of the alias, with what is nested in it */
function linkDependencies(alias: string, copy: string): void {
  const { dependencies = {} } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const meant = foundFrom(join(ROOT, alias), name);
    const found = foundFrom(copy, name);
    if (!meant || found === meant || found?.startsWith(dirname(copy))) continue;
    const link = join(copy, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(meant, link);
  }
}

/** The folder of a package, as a file in `folder` finds it. */
function foundFrom(folder: string, name: string): string | undefined {
  const found = join(folder, 'node_modules', name);
  if (existsSync(found)) return found;
  const above = dirname(folder);
  return above === folder ? undefined : foundFrom(above, name);
}

/** The version that an alias among the root's dependencies stands for. */
export function versionOf(alias: string): string {
  return JSON.parse(readFileSync(join(ROOT, alias, 'package.json'), 'utf8')).version;
}

export interface Alias {
  /** Of the folder in the root's `node_modules`; the library's own name for one of its versions. */
  alias: string;
  version: string;
}

/**
 * The versions of a library that are installed, under whichever alias, and in a range such as `>=1.2.0 <4`; oldest first.
 *
 * @param from a file that gets the library under its own name
 */
export function aliasesOf(library: string, range: string, from: URL): Alias[] {
  const aliases: Alias[] = [{ alias: library, version: versionIn(from, library) }];
  for (const folder of readdirSync(PACKAGES)) {
    const { devDependencies = {} } = JSON.parse(readFileSync(join(PACKAGES, folder, 'package.json'), 'utf8'));
    for (const [alias, wanted] of Object.entries<string>(devDependencies)) {
      if (wanted.startsWith(`npm:${library}@`) && !aliases.some((other) => other.alias === alias)) {
        aliases.push({ alias, version: versionOf(alias) });
      }
    }
  }
  return aliases
    .filter(({ version }) => inRange(version, range))
    .toSorted((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
}

/**
 * The version of a library that a file gets: of what is in the nearest `node_modules`; of Node, for a part of it; else of
 * the file's own package.
 */
export function versionIn(file: URL, library: string): string {
  const found = nearest(file, `node_modules/${library}/package.json`);
  if (found) return found;
  return isBuiltin(library) ? process.versions.node : nearest(file, 'package.json')!;
}

function nearest(file: URL, manifest: string): string | undefined {
  for (let folder = new URL('./', file); folder.pathname !== '/'; folder = new URL('../', folder)) {
    const path = new URL(manifest, folder);
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')).version;
  }
  return undefined;
}
