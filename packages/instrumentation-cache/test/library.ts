import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installed } from '@foreshock/testkit';

/** One version of a library, as an application has it. */
export interface Library {
  require: NodeJS.Require;
  import(): Promise<any>;
  remove(): void;
}

/** @param alias among our dependencies; undefined is the newest, under its own name */
export function library(name: string, alias: string | undefined): Library {
  if (!alias) return { require: createRequire(import.meta.url), import: () => import(name), remove() {} };
  const app = installed({ [name]: alias });
  // A file of the application's: what is imported is resolved from where it is written.
  const file = join(app.folder, 'import.mjs');
  writeFileSync(file, `import * as all from '${name}';\nexport * from '${name}';\nexport default all.default;`);
  return { require: app.require, import: () => import(pathToFileURL(file).href), remove: app.remove };
}
