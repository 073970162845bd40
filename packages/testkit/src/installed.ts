import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRange } from '@foreshock/kit';

const ROOT = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = fileURLToPath(new URL('../node_modules/.cache/installed/', import.meta.url));

export interface Installed {
  folder: string;
  /** By library. */
  versions: Record<string, string>;
  require: NodeJS.Require;
  /** Beside `node_modules`. */
  add(file: URL): string;
  remove(): void;
}

/**
 * Installs libraries under their own names from aliases: `installed({ pg: 'pg-8-0' })`.
 *
 * npm names an alias's folder after the alias. So the library is copied (a link would resolve to the original), with
 * links to dependencies that would resolve to another version.
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

/** @param copy the alias's, with nested dependencies */
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

function foundFrom(folder: string, name: string): string | undefined {
  const found = join(folder, 'node_modules', name);
  if (existsSync(found)) return found;
  const above = dirname(folder);
  return above === folder ? undefined : foundFrom(above, name);
}

export function versionOf(alias: string): string {
  return JSON.parse(readFileSync(join(ROOT, alias, 'package.json'), 'utf8')).version;
}

export interface Alias {
  /** In the root's `node_modules`. */
  alias: string;
  version: string;
}

/**
 * In a range such as `>=1.2.0 <4`, oldest first.
 *
 * @param from a file that resolves the library's own name
 */
export function aliasesOf(library: string, range: string, from: URL): Alias[] {
  const aliases: Alias[] = [{ alias: library, version: versionIn(from, library) }];
  // A renamed package leaves its build.
  const manifests = readdirSync(PACKAGES).map((folder) => join(PACKAGES, folder, 'package.json'));
  for (const manifest of manifests.filter((each) => existsSync(each))) {
    const { devDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
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

/** From `node_modules`, else Node's, else the file's package's. */
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
