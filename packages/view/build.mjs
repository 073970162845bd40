// Bundles the page: what the browser reads lies in dist/page, under the names that index.html has.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('src/page/page.tsx'), here('src/page/page.css')],
  outdir: here('dist/page'),
  bundle: true,
  minify: true,
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
});
copyFileSync(here('src/page/index.html'), here('dist/page/index.html'));
