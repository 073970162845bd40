// Bundles what the preload reads: one file at start, and beside it what is read only when needed. What is imported by
// name (`foreshock/sdk`, `foreshock/breaker`) stays an ES module and takes the other packages from where they are installed.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import requireOfBundle from './src/bundle-require.cjs';

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

/** Any Node back to this can parse the file and reach the check above. */
const parsedByOldNode = 'node14.18';

const root = here('../../');
// Strict, as otherwise our functions have `arguments` and `caller`, unlike those they replace.
const ownRequire = `"use strict";
require = (${requireOfBundle})(require);`;

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: `node${oldest.join('.')}`,
  conditions: ['@foreshock/source'],
  // The API: a copy of the application's, else the one beside the preload, never one inside of it. The other is unused,
  // but its dynamic import would make esbuild wrap what each file of ours shares in a function, called by each.
  external: ['@opentelemetry/api', './getMachineId-*'],
  // NOTICE names what is inside.
  legalComments: 'none',
  // Each thread has a copy of the text: without indentation it is a third smaller. Names stay, and lines are short
  // enough to be printed with an error.
  minifyWhitespace: true,
  lineLimit: 120,
  metafile: true,
  logLevel: 'warning',
  sourcemap: false,
};

/** Rooms with a span for each call, job or message; others add to such spans, or show waits and decisions. */
const SPAN_A_CALL = /^instrumentation-(?:cache|db|queue|rpc|schedule)\//;

/** Files that boundaries wait for, with the names that they rebind. */
const HOOKED_FILES = {};

const bundles = [];
const bundle = async (options) => {
  bundles.push(await build({ ...shared, ...options }));
  // One character beyond Latin-1, in a comment even, doubles the memory that the text takes in every thread.
  const text = readFileSync(options.outfile, 'utf8');
  writeFileSync(options.outfile, text.replaceAll(/[\u0080-\uffff]/g, escaped));
};

const asCommonJs = { 'import.meta.dirname': '__dirname', 'import.meta.url': 'undefined' };
const preload = here('dist/preload.cjs');
const BOUNDARIES = JSON.stringify(await boundaries());
for (const [entry, outfile] of [
  ['src/main-thread.ts', preload],
  ['src/worker-thread.ts', here('dist/worker-preload.cjs')],
]) {
  await bundle({
    entryPoints: [here(entry)],
    outfile,
    banner: { js: ownRequire },
    inject: [here('src/kept-globals.ts')],
    define: { ...asCommonJs, BOUNDARIES },
  });
}
await bundle({
  entryPoints: [here('src/register.ts')],
  outfile: here('dist/register.cjs'),
  target: parsedByOldNode,
  // publint takes what is dense for an ES module.
  minifyWhitespace: false,
  banner: { js: refuseOldNode },
  define: { ...asCommonJs, WAITED_FOR: JSON.stringify(waitedFor(`require(${JSON.stringify(preload)})`)) },
  // register.cjs must not load the API: loading the API takes 3 MB in every worker thread. The kit's log messages are dropped then.
  external: [],
  alias: { '@opentelemetry/api': here('src/no-api.ts') },
});
await bundle({ entryPoints: [here('../export/src/sender-thread.ts')], outfile: here('dist/sender.cjs') });
await bundle({
  entryPoints: [here('../chaos/src/preload.ts')],
  outfile: here('dist/chaos.cjs'),
  target: parsedByOldNode,
  minifyWhitespace: false,
  banner: { js: `${refuseOldNode}\n${ownRequire}` },
  define: asCommonJs,
});
await bundle({
  entryPoints: [here('src/doctor/watch/watch.ts')],
  outfile: here('dist/doctor-watch.cjs'),
  target: parsedByOldNode,
  minifyWhitespace: false,
  define: asCommonJs,
  external: [],
  alias: { '@opentelemetry/api': here('src/no-api.ts') },
});
await bundle({
  entryPoints: [here('src/metrics.ts')],
  outfile: here('dist/metrics.cjs'),
  inject: [here('src/unreferenced-timers.ts')],
  banner: { js: ownRequire },
});
await bundle({
  entryPoints: [here('src/lambda/lambda.ts')],
  outfile: here('dist/lambda.cjs'),
  banner: { js: ownRequire },
});
await bundle({ entryPoints: [here('src/admin/admin-thread.ts')], outfile: here('dist/admin.cjs') });
await build({
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  conditions: ['@foreshock/source'],
  packages: 'external',
  entryPoints: [here('src/sdk.ts'), here('src/breaker.ts'), here('src/degraded.ts')],
  outdir: here('dist'),
  logLevel: 'warning',
});
await build({
  bundle: true,
  platform: 'node',
  format: 'esm',
  // As old as what builds with it may be.
  target: 'node20',
  packages: 'external',
  entryPoints: [here('src/bundler/bundler.ts'), here('src/bundler/bundler-loader.ts')],
  outdir: here('dist'),
  define: { HOOKED_FILES: JSON.stringify(HOOKED_FILES) },
  logLevel: 'warning',
});
rmSync(here('dist/command'), { recursive: true, force: true });
await build({
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node16',
  packages: 'external',
  entryPoints: [here('src/bin.ts')],
  // Each subcommand has its own file, and one what some share.
  splitting: true,
  chunkNames: 'command/[name]-[hash]',
  outdir: here('dist'),
  define: { ADAPTERS: JSON.stringify(await adapters()) },
  logLevel: 'warning',
});
// Exports nothing, but `import 'foreshock/register'` needs types.
for (const preloaded of ['register', 'chaos']) writeFileSync(here(`dist/${preloaded}.d.cts`), 'export {};\n');
writeFileSync(here('NOTICE'), notice(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))));

function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Makes a file of each boundary that the preload reads when it is needed: a function, as the preload's own copy of what
 * they share is given to it.
 *
 * @returns what each waits for
 */
async function boundaries() {
  const found = {};
  for (const name of ['http', 'rpc', 'db', 'pool', 'cache', 'queue', 'resilience']) {
    const outfile = here(`dist/${name}.preload.cjs`);
    await bundle({
      entryPoints: [here(`../instrumentation-${name}/src/index.ts`)],
      outfile,
      banner: { js: '"use strict";\nmodule.exports = (function (foreshock) {\nconst module = { exports: {} };' },
      footer: { js: 'return module.exports;\n});' },
      inject: [here('src/kept-globals.ts')],
      external: [],
      plugins: [await givenByPreload()],
    });
    found[name] = waitedFor(`
      const { createRequire } = require('node:module');
      const api = createRequire(${JSON.stringify(outfile)})('@opentelemetry/api');
      const kit = require(${JSON.stringify(here('../kit/dist/index.js'))});
      const made = require(${JSON.stringify(outfile)})({ api, kit, keptGlobals: globalThis });
      const libraries = made.${name}Instrumentation().libraries;
    `);
  }
  return found;
}

/** Every adapter of every room: its library and the versions that users may install. */
async function adapters() {
  const files = globSync('instrumentation-*/dist/adapters/index.js', { cwd: here('..') }).toSorted();
  const found = new Map();
  for (const file of files) {
    const { adapters: all } = await import(pathToFileURL(here(`../${file}`)).href);
    for (const { library, versions, libraryVersions = versions, isTransitive = false, shows } of all) {
      const hasSpans = SPAN_A_CALL.test(file) && shows.includes('spans') && library !== 'timers';
      // The rooms of pools and policies come after those that know of more versions.
      if (!found.has(library)) found.set(library, { library, versions: libraryVersions, isTransitive, hasSpans });
    }
  }
  if (found.size === 0) throw new Error('no adapters are found');
  return [...found.values()];
}

/** Names that a boundary's file gets from the preload, instead of a copy of its own. */
async function givenByPreload() {
  const namesOf = async (input) => {
    const { metafile } = await build({
      ...shared,
      ...input,
      format: 'esm',
      external: [],
      write: false,
      logLevel: 'silent',
    });
    return Object.values(metafile.outputs)[0].exports;
  };
  const api = Object.keys(createRequire(import.meta.url)('@opentelemetry/api')).filter((name) => name !== 'default');
  const kit = await namesOf({ entryPoints: [here('../kit/src/index.ts')] });
  const keptGlobals = await namesOf({ entryPoints: [here('src/kept-globals.ts')] });
  const given = (of, names) => ({
    contents: names.map((name) => `export const ${name} = foreshock.${of}.${name};`).join('\n'),
  });
  return {
    name: 'given by the preload',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^(?:@opentelemetry\/api|@foreshock\/kit)$/ }, ({ path }) => ({
        path,
        namespace: 'given',
        sideEffects: false,
      }));
      esbuild.onLoad({ filter: /api$/, namespace: 'given' }, () => given('api', api));
      esbuild.onLoad({ filter: /kit$/, namespace: 'given' }, () => given('kit', kit));
      esbuild.onLoad({ filter: /kept-globals\.ts$/ }, () => given('keptGlobals', keptGlobals));
    },
  };
}

/**
 * What is waited for by what a script loads.
 *
 * @param script may define `libraries`, which are added
 */
function waitedFor(script) {
  const text = execFileSync(
    process.execPath,
    [
      '-e',
      `
        const channels = require('node:diagnostics_channel');
        const names = new Set();
        const { subscribe } = channels;
        channels.subscribe = (name, listener) => { names.add(name); subscribe(name, listener); };
        require('node:module').syncBuiltinESMExports();
        ${script}
        const { targets, packages, builtins } = globalThis[Symbol.for('foreshock.module-hook')];
        const packageOf = (path) => /^(?:@[^/]+[/])?[^/]+/.exec(path)[0];
        const all = new Set([...Array.from(targets.keys(), packageOf), ...packages.keys()]);
        console.log(JSON.stringify({
          packages: [...all],
          files: Array.from(targets, ([path, { bindings }]) => [path, [...bindings]]),
          builtins: [...builtins.keys()],
          channels: [...names],
          ...(typeof libraries === 'object' && { libraries }),
        }));
      `,
    ],
    { env: {}, encoding: 'utf8' },
  );
  const { files, ...waited } = JSON.parse(text);
  if (!waited.packages.length) throw new Error(`nothing is waited for: ${text}`);
  for (const [path, bindings] of files) HOOKED_FILES[path] = bindings;
  return waited;
}

/** The authors of the bundled code, by the packages of its input files. */
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
