import { Module } from 'node:module';

interface CachedModule {
  readonly loaded: boolean;
  exports: unknown;
}

/** By base name. */
const files = new Map<string, string[]>();
let count = 0;
let last: string | undefined;

/**
 * Indexed once: there may be thousands.
 *
 * @param end of the path, with `/`
 */
export function loadedFiles(end: string): [filename: string, module: CachedModule][] {
  const cache = (Module as unknown as { _cache: Record<string, CachedModule | undefined> })._cache;
  sort(Object.keys(cache));
  const found: [string, CachedModule][] = [];
  for (const file of files.get(end.slice(end.lastIndexOf('/') + 1)) ?? []) {
    const cached = cache[file];
    if (cached?.loaded && withSlashes(file).endsWith(end)) found.push([file, cached]);
  }
  return found;
}

function sort(all: readonly string[]): void {
  if (all.length === count && all.at(-1) === last) return;
  count = all.length;
  last = all.at(-1);
  files.clear();
  for (const file of all) {
    const path = withSlashes(file);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const same = files.get(name);
    if (same) same.push(file);
    else files.set(name, [file]);
  }
}

function withSlashes(path: string): string {
  return path.includes('\\') ? path.replaceAll('\\', '/') : path;
}
