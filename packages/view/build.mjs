// Bundles the page: what the browser reads lies in dist/page, under the names that index.html has.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [here('src/page/page.tsx'), here('src/page/page.css')],
  outdir: here('dist/page'),
  bundle: true,
  minify: true,
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  target: 'es2022',
  // NOTICE has them.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
copyFileSync(here('src/page/index.html'), here('dist/page/index.html'));
writeFileSync(here('NOTICE'), notice(Object.keys(metafile.inputs)));

/** The licences of what is in the bundle, by the packages that its input files lie in. */
function notice(inputs) {
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const parts = [...folders].toSorted().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'));
    return `--- ${name} ${version}\n\n${readFileSync(`${root}${folder}/LICENSE`, 'utf8').trim()}\n`;
  });
  return `Foreshock
Copyright The Foreshock Authors

This product is licensed under the Apache License, Version 2.0 (see LICENSE). Its page (dist/page) contains:

${parts.join('\n')}`;
}
