import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageName } from '@foreshock/kit/module-hook';
import { announced } from './announced.ts';

/** What adapters wait for: paths inside packages, with the names for `rebind`; by build.mjs. */
declare const HOOKED_FILES: Readonly<Record<string, readonly string[]>>;

const MODULES = '/node_modules/';

/** Packages with such files. */
const HOOKED_PACKAGES: ReadonlySet<string> = new Set(Object.keys(HOOKED_FILES).map(packageName));

/** @param request as in `import … from request` */
export function isLibrary(request: string): boolean {
  return HOOKED_PACKAGES.has(request);
}

interface Package {
  readonly root: string;
  readonly name: string;
  readonly version: string;
  /** Node's entry, a file, where bundlers may prefer `module`. */
  readonly main: string | undefined;
}

/** Of one build. */
export class LibraryFiles {
  readonly #packages = new Map<string, Package | undefined>();

  /** Whether {@link announcedIn} would change it. */
  has(filename: string): boolean {
    return this.#hooked(filename) !== undefined;
  }

  /** @returns undefined: it is not hooked, or cannot be read */
  announcedIn(filename: string, source?: string): string | undefined {
    const hooked = this.#hooked(filename);
    if (!hooked) return undefined;
    try {
      return announced(source ?? readFileSync(filename, 'utf8'), hooked);
    } catch {
      return undefined;
    }
  }

  /**
   * @param request as in `import … from request`
   * @param resolved any file of it
   * @returns the file that Node would take, where bundlers may take another one
   */
  nodesEntry(request: string, resolved: string): string | undefined {
    if (!isLibrary(request)) return undefined;
    const found = this.#packageOf(resolved.replaceAll('\\', '/'));
    return found?.main;
  }

  #hooked(filename: string) {
    const path = filename.replaceAll('\\', '/');
    const found = this.#packageOf(path);
    if (!found) return undefined;
    const inside = found.name + path.slice(found.root.length);
    const bindings = HOOKED_FILES[inside];
    return bindings && { path: inside, version: found.version, bindings, isOfModules: isOfModules(path, found.root) };
  }

  #packageOf(path: string): Package | undefined {
    const at = path.lastIndexOf(MODULES);
    if (at < 0) return undefined;
    const folder = at + MODULES.length;
    const root = path.slice(0, folder) + packageName(path.slice(folder));
    if (!this.#packages.has(root)) this.#packages.set(root, readPackage(root));
    return this.#packages.get(root);
  }
}

function readPackage(root: string): Package | undefined {
  try {
    const { name, version, main, module, exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    const isAmbiguous = exports === undefined && module !== undefined && typeof main === 'string';
    return { root, name, version: version ?? '0.0.0', main: isAmbiguous ? fileOf(join(root, main)) : undefined };
  } catch {
    return undefined;
  }
}

/** As Node completes `main`: graphql's is `index`. */
function fileOf(path: string): string | undefined {
  const completed = ['', '.js', '/index.js'].map((end) => path + end);
  return completed.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
}

/** Whether its nearest package.json says so. */
function isOfModules(file: string, root: string): boolean {
  for (let folder = dirname(file); folder.length >= root.length; folder = dirname(folder)) {
    try {
      return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).type === 'module';
    } catch {
      // The next one.
    }
  }
  return false;
}
