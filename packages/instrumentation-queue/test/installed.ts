import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The pg-bosses the adapter is tested with, by the names they have in this package's devDependencies. */
export const PG_BOSSES = ['pg-boss-10-0', 'pg-boss-10', 'pg-boss-11', 'pg-boss-12-0', 'pg-boss'] as const;

/** An application's folder with one version of pg-boss installed in it. */
export interface Installed {
  version: string;
  /** The application's `import`: of what the version gives its users, CommonJS or ES module. */
  PgBoss: new (config: object) => any;
  /** Puts a file beside its `node_modules`, as the application's own. */
  add(file: URL): string;
  remove(): void;
}

const root = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

/**
 * npm puts an alias into a folder named for the alias, but a library is recognised by the folder it has in
 * everybody's `node_modules`. So it is copied (a link would be resolved again) into a `node_modules` of its
 * own; what it depends on it finds further up, where the alias does.
 *
 * @param alias a name of {@link PG_BOSSES}, or a folder
 */
export function installed(alias: string): Installed {
  const original = alias.startsWith('/') ? alias : join(root, alias);
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'pg-boss-'));
  cpSync(original, join(folder, 'node_modules/pg-boss'), { recursive: true });
  const exported = createRequire(join(folder, 'app.js'))('pg-boss');
  return {
    version: JSON.parse(readFileSync(join(original, 'package.json'), 'utf8')).version,
    PgBoss: exported.PgBoss ?? exported,
    add(file) {
      const path = join(folder, file.pathname.split('/').pop()!);
      cpSync(fileURLToPath(file), path);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
