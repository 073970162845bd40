import { createRequire } from 'node:module';
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
  if (!alias) {
    return { require: createRequire(import.meta.url), import: () => import(name), remove() {} };
  }
  const app = installed({ [name]: alias });
  // `import` resolves from this file: the file of the copy is named.
  const { exports } = app.require(`${name}/package.json`) as { exports?: Record<string, any> };
  const entry = exports?.['.']?.import?.default ?? exports?.['.']?.import ?? 'index.js';
  return {
    require: app.require,
    import: () => import(pathToFileURL(`${app.folder}/node_modules/${name}/${entry}`).href),
    remove: app.remove,
  };
}
