// node examples/lambda/layer.mjs [DIR]: writes the layer's folder, to be zipped: `foreshock/` in it becomes /opt/foreshock.
import { cpSync, globSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

const directory = process.argv[2] ?? 'layer';
const require = createRequire(import.meta.url);
const built = dirname(require.resolve('foreshock/register'));
const target = join(directory, 'foreshock');
/** Nothing in Lambda reads these. */
const UNUSED = new Set(['chaos.cjs', 'doctor-watch.cjs', 'admin.cjs']);

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const file of globSync(join(built, '*.cjs'))) {
  if (!UNUSED.has(basename(file))) cpSync(file, join(target, basename(file)));
}
// Taken unless the function has its own.
const [api] = createRequire(join(built, 'register.cjs'))
  .resolve('@opentelemetry/api')
  .split(/(?<=[\\/]@opentelemetry[\\/]api[\\/])/);
cpSync(api, join(target, 'node_modules/@opentelemetry/api'), {
  recursive: true,
  filter: (file) => !/\.(?:map|[cm]?ts)$/.test(file),
});
let bytes = 0;
for (const file of globSync(join(target, '**/*'))) if (statSync(file).isFile()) bytes += statSync(file).size;
console.log(`${target}: ${(bytes / 1e6).toFixed(1)} MB before zip`);
