import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { installed } from '../installed.ts';

/** An application that has the fixtures of one adapter, for `import` and for `require`. */
export interface ContractFolder {
  fixture: URL;
  fixtureCjs: URL;
  remove(): void;
}

/**
 * Makes an application of the fixtures in an adapter's folder: what lies there as `.mjs` and `.cjs` is copied, the
 * fixture is made a CommonJS module as well.
 *
 * @param folder URL of a file in the adapter's folder
 * @param name of the fixture; a `.cjs` is loaded both ways as it is
 * @param libraries versions other than the newest, by alias
 */
export function contractFolder(folder: string, name: string, libraries: Record<string, string>): ContractFolder {
  // Below its package: what is not installed under another version is found where the package finds it.
  const home = fileURLToPath(new URL('../../../node_modules/.cache/contract/', folder));
  const app = installed(libraries, home);
  for (const file of readdirSync(new URL('.', folder))) {
    if (/\.[cm]js$/.test(file)) app.add(new URL(file, folder));
  }
  const fixture = join(app.folder, name);
  const fixtureCjs = fixture.replace(/\.mjs$/, '.cjs');
  if (fixtureCjs !== fixture) writeFileSync(fixtureCjs, toCommonJs(readFileSync(fixture, 'utf8')));
  return { fixture: pathToFileURL(fixture), fixtureCjs: pathToFileURL(fixtureCjs), remove: app.remove };
}

/** As a compiler writes it for applications in CommonJS: `import x from` gives a module's `default`, if it has one. */
function toCommonJs(source: string): string {
  const { code } = transformSync(source, {
    format: 'cjs',
    target: 'node22',
    define: { 'import.meta.url': '__url' },
    banner: 'const __url = require("node:url").pathToFileURL(__filename).href;',
  });
  return code;
}
