import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { installed } from '../installed.ts';

/** For `import` and `require`. */
export interface ContractFolder {
  fixture: URL;
  fixtureCjs: URL;
  remove(): void;
}

/**
 * Copies a folder's `.mjs` and `.cjs` files and compiles the fixture to CommonJS.
 *
 * @param folder URL of a file in it
 * @param name a `.cjs` fixture serves both loaders
 * @param libraries by alias
 */
export function contractFolder(folder: string, name: string, libraries: Record<string, string>): ContractFolder {
  // Dependencies resolve inside the package.
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

/** Like compilers: `import x from` reads any `default`. */
function toCommonJs(source: string): string {
  const { code } = transformSync(source, {
    format: 'cjs',
    target: 'node22',
    define: { 'import.meta.url': '__url' },
    banner: 'const __url = require("node:url").pathToFileURL(__filename).href;',
  });
  return code;
}
