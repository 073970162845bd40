// Bundles what the preload reads: one file at start, and beside it what is read only when needed. What is imported by
// name (`foreshock/sdk`, `foreshock/breaker`) stays an ES module and takes the other packages from where they are installed.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
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
}`;

const root = here('../../');
// Strict: functions of ours would else have `arguments` and `caller`, which those that they replace have not.
const applicationsApi = `"use strict";
require = (${preferApplicationsApi})(require);`;

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
const bundle = async (options) => {
  bundles.push(await build({ ...shared, ...options }));
  // One character beyond Latin-1, in a comment even, doubles the memory that the text takes in every thread.
  const text = readFileSync(options.outfile, 'utf8');
  writeFileSync(options.outfile, text.replaceAll(/[\u0080-\uffff]/g, escaped));
};

const asCommonJs = { 'import.meta.dirname': '__dirname', 'import.meta.url': 'undefined' };
const preload = here('dist/preload.cjs');
await bundle({
  entryPoints: [here('src/preload.ts')],
  outfile: preload,
  banner: { js: applicationsApi },
  inject: [here('src/kept-globals.ts')],
  define: asCommonJs,
});
await bundle({
  entryPoints: [here('src/register.ts')],
  outfile: here('dist/register.cjs'),
  banner: { js: refuseOldNode },
  define: { ...asCommonJs, WAITED_FOR: waitedFor() },
  // It has to do without: loading the API takes 3 MB in every worker thread. The lines of the kit go to nobody then.
  external: [],
  alias: { '@opentelemetry/api': here('src/no-api.ts') },
});
await bundle({ entryPoints: [here('../export/src/sender-thread.ts')], outfile: here('dist/sender.cjs') });
await bundle({
  entryPoints: [here('../chaos/src/preload.ts')],
  outfile: here('dist/chaos.cjs'),
  banner: { js: `${refuseOldNode}\n${applicationsApi}` },
  define: asCommonJs,
});
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
await build({
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node16',
  packages: 'external',
  banner: { js: '#!/usr/bin/env node' },
  entryPoints: [here('src/bin.ts')],
  outfile: here('dist/bin.js'),
  logLevel: 'warning',
});
// Nothing is exported, but `import 'foreshock/register'` in TypeScript wants to know so.
for (const preloaded of ['register', 'chaos']) writeFileSync(here(`dist/${preloaded}.d.cts`), 'export {};\n');
writeFileSync(here('NOTICE'), notice(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))));

function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What the preload waits for once it has loaded, as a literal for the file that waits in its place. */
function waitedFor() {
  const script = `
    const channels = require('node:diagnostics_channel');
    const names = new Set();
    const { subscribe } = channels;
    channels.subscribe = (name, listener) => { names.add(name); subscribe(name, listener); };
    require(${JSON.stringify(preload)});
    const { targets, packages, builtins } = globalThis[Symbol.for('foreshock.module-hook')];
    const packageOf = (path) => /^(?:@[^/]+[/])?[^/]+/.exec(path)[0];
    const all = new Set([...Array.from(targets.keys(), packageOf), ...packages.keys()]);
    console.log(JSON.stringify({ packages: [...all], builtins: [...builtins.keys()], channels: [...names] }));
  `;
  const text = execFileSync(process.execPath, ['-e', script], { env: {}, encoding: 'utf8' });
  const { packages, builtins, channels } = JSON.parse(text);
  if (!packages.length || !builtins.length || !channels.length)
    throw new Error(`the preload waits for too little: ${text}`);
  return text;
}

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
