// `foreshock explain` on the recorded spans, if it is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { resolve } = createRequire(import.meta.url);

/** @returns {string | undefined} what it prints; undefined where it is not built */
export function explain(spans, ...args) {
  const manifest = resolve('foreshock/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const file = bin && path.join(path.dirname(manifest), typeof bin === 'string' ? bin : bin.foreshock);
  if (!file || !existsSync(file)) return undefined;
  const { stdout, stderr } = spawnSync(process.execPath, [file, 'explain', spans, ...args], { encoding: 'utf8' });
  return `${stdout}${stderr}`.trimEnd();
}
