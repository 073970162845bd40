import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestIn, type Manifest } from '../package-json.ts';

export interface Package {
  name: string;
  version: string;
  folder: string;
  manifest: Manifest;
}

const MODULES = 'node_modules';
const API = '@opentelemetry/api';

export function packageIn(folder: string): Package | undefined {
  const manifest = manifestIn(folder);
  return manifest && { name: manifest.name ?? '', version: manifest.version ?? '0.0.0', folder, manifest };
}

/** The nearest package.json at or above a folder. */
export function projectOf(folder: string): Package | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = packageIn(at);
    if (found || at === dirname(at)) return found;
  }
}

/** As `require` finds it; undefined without `node_modules`, as under Yarn's Plug'n'Play. */
export function installedFrom(folder: string, name: string): Package | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = packageIn(join(at, MODULES, name));
    if (found || at === dirname(at)) return found;
  }
}

/** Of OpenTelemetry's API, below the nearest `node_modules`. */
export function apiCopies(folder: string): Package[] {
  let root = folder;
  while (!existsSync(join(root, MODULES)) && root !== dirname(root)) root = dirname(root);
  const modules = join(root, MODULES);
  const packages = foldersIn(modules).flatMap((name) =>
    name.startsWith('@') ? foldersIn(join(modules, name)).map((inner) => join(name, inner)) : [name],
  );
  const ofPnpm = foldersIn(join(modules, '.pnpm')).filter((name) => name.startsWith(API.replace('/', '+')));
  const places = [
    join(modules, API),
    ...packages.map((name) => join(modules, name, MODULES, API)),
    ...ofPnpm.map((name) => join(modules, '.pnpm', name, MODULES, API)),
  ];
  const found = new Map<string, Package>();
  for (const place of places) {
    const copy = existsSync(place) ? packageIn(realpathSync(place)) : undefined;
    if (copy) found.set(copy.folder, copy);
  }
  return [...found.values()];
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name !== '.bin');
  } catch {
    return [];
  }
}
