// Bundles what the preload reads: one file at start, and beside it what is read only when needed. What is imported by
// name (`foreshock/sdk`, `foreshock/breaker`) stays an ES module and takes the other packages from where they are installed.
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import preferApplicationsApi from './src/application-api.cjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Below this, `registerHooks` and `require` of ES modules are missing; the app runs on untraced. */
const oldest = [22, 15];

// First statement of the file, in a syntax that any Node reads. `return` ends a CommonJS module.
const refuseOldNode = `"use strict";
var foreshockNode = process.versions.node.split('.');
if (+foreshockNode[0] < ${oldest[0]} || (+foreshockNode[0] === ${oldest[0]} && +foreshockNode[1] < ${oldest[1]})) {
  console.error('foreshock: Node.js ' + process.versions.node + ' is older than ${oldest.join('.')}, the application runs untraced');
  return;
}
try {`;

// Whatever keeps it from starting, a missing `@opentelemetry/api` first of all, costs the application its traces alone.
const startOrSaySo = `} catch (error) {
  console.error('foreshock: could not start, the application runs untraced: ' + String(error && error.message).split('\\n')[0]);
}`;

const root = here('../../');
const applicationsApi = `require = (${preferApplicationsApi})(require);`;

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // Old enough that any Node back to 14 can parse the file and reach the check above.
  target: 'node14.18',
  conditions: ['@foreshock/source'],
  // A copy of the application's, else the one beside the preload: never one inside of it.
  external: ['@opentelemetry/api'],
  // NOTICE names what is inside.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  sourcemap: false,
};

const bundles = [];
const bundle = async (options) => bundles.push(await build({ ...shared, ...options }));

await bundle({
  entryPoints: [here('src/register.ts')],
  outfile: here('dist/register.cjs'),
  banner: { js: `${refuseOldNode}\n${applicationsApi}` },
  footer: { js: startOrSaySo },
  inject: [here('src/kept-globals.ts')],
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'undefined' },
});
await bundle({ entryPoints: [here('../export/src/sender-thread.ts')], outfile: here('dist/sender.cjs') });
await bundle({
  entryPoints: [here('src/metrics.ts')],
  outfile: here('dist/metrics.cjs'),
  inject: [here('src/unreferenced-timers.ts')],
  banner: { js: applicationsApi },
});
await build({
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  conditions: ['@foreshock/source'],
  packages: 'external',
  entryPoints: [here('src/sdk.ts'), here('src/breaker.ts')],
  outdir: here('dist'),
  logLevel: 'warning',
});
// Nothing is exported, but `import 'foreshock/register'` in TypeScript wants to know so.
writeFileSync(here('dist/register.d.cts'), 'export {};\n');
writeFileSync(here('NOTICE'), notice(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))));

/** Who made what is in the bundles, by the packages that their input files lie in. */
function notice(inputs) {
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const packages = [...folders].map((folder) => JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8')));
  const lines = packages.map(({ name, version, license, author }) => {
    const by = typeof author === 'string' ? author : author?.name;
    return `- ${name} ${version}, ${license}, by ${by}`;
  });
  return `Foreshock
Copyright The Foreshock Authors

This product is licensed under the Apache License, Version 2.0 (see LICENSE). Its bundled files (dist/*.cjs) contain:

${[...new Set(lines)].toSorted().join('\n')}

All of them are distributed under the Apache License, Version 2.0, whose text is in LICENSE.
`;
}
