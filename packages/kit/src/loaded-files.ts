import { Module } from 'node:module';

/** A CommonJS module in Node's cache. */
interface CachedModule {
  readonly loaded: boolean;
  exports: unknown;
}

/** By the last part of the path. */
const files = new Map<string, string[]>();
let count = 0;
let last: string | undefined;

/**
 * CommonJS files that have loaded. An adapter asks for each of its files, of a process that may have loaded thousands:
 * they are sorted by name once.
 *
 * @param end of the path, beginning and parted with `/`
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
