import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const FOLDER = new URL('../../node_modules/.cache/contract/', import.meta.url);

const bundles = new Map<string, Promise<string>>();

/** The runner and a module in one file: a child process starts with a quarter of the CPU time. */
export function bundleOf(module: string): Promise<string> {
  const bundle = bundles.get(module) ?? write(module);
  bundles.set(module, bundle);
  return bundle;
}

async function write(module: string): Promise<string> {
  const path = JSON.stringify(fileURLToPath(module));
  const { outputFiles } = await build({
    stdin: {
      contents: `import { serve } from './runner.${ENDING}'; import * as module from ${path}; serve(module);`,
      resolveDir: HERE,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    conditions: ['@foreshock/source'],
    // For CommonJS in it.
    banner: { js: "import { createRequire as of } from 'node:module'; const require = of(import.meta.url);" },
  });
  mkdirSync(FOLDER, { recursive: true });
  const name = createHash('sha256').update(module).digest('hex').slice(0, 16);
  const file = fileURLToPath(new URL(`${name}.mjs`, FOLDER));
  // Renamed when complete: other test processes write it, too.
  const whole = `${file}.${process.pid}`;
  writeFileSync(whole, outputFiles[0]!.text);
  renameSync(whole, file);
  return file;
}
