// Bundles what the preload reads: one file at start, and beside it what is read only when needed.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

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

const shared = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // Old enough that any Node back to 14 can parse the file and reach the check above.
  target: 'node14.18',
  conditions: ['@foreshock/source'],
  // The application's own copy: a second one would not see the globals of the first.
  external: ['@opentelemetry/api'],
  legalComments: 'none',
  logLevel: 'warning',
  sourcemap: false,
};

await build({
  ...shared,
  entryPoints: [here('src/register.ts')],
  outfile: here('dist/register.cjs'),
  banner: { js: refuseOldNode },
  footer: { js: startOrSaySo },
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'undefined' },
});
await build({ ...shared, entryPoints: [here('../export/src/sender-thread.ts')], outfile: here('dist/sender.cjs') });
await build({
  ...shared,
  entryPoints: [here('src/metrics.ts')],
  outfile: here('dist/metrics.cjs'),
  inject: [here('src/unreferenced-timers.ts')],
});
