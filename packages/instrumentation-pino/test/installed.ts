import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The pinos the adapter is tested with, by the names they have in this package's devDependencies. */
export const PINOS = ['pino', 'pino-9', 'pino-8', 'pino-8-0'] as const;

/** An application's folder with one version of pino installed in it. */
export interface Installed {
  version: string;
  folder: string;
  pino: typeof import('pino').pino;
  /** Puts a file beside its `node_modules`, as the application's own. */
  add(file: URL): string;
  remove(): void;
}

/**
 * npm puts an alias into a folder named for the alias, but a library is recognised by the folder it
 * has in everybody's `node_modules`. So it is copied (a link would be resolved again) into a
 * `node_modules` of its own; what it depends on it finds further up, where the alias does.
 */
export function installed(alias: (typeof PINOS)[number]): Installed {
  const require = createRequire(import.meta.url);
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, `${alias}-`));
  const original = dirname(require.resolve(`${alias}/package.json`));
  cpSync(original, join(folder, 'node_modules/pino'), {
    recursive: true,
    filter: (source) => !/\/(?:test|docs|benchmarks|examples)$/.test(source.slice(original.length)),
  });
  return {
    version: JSON.parse(readFileSync(join(original, 'package.json'), 'utf8')).version,
    folder,
    pino: createRequire(join(folder, 'app.js'))('pino'),
    add(file) {
      const path = join(folder, file.pathname.split('/').pop()!);
      cpSync(fileURLToPath(file), path);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
