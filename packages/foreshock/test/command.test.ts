import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const { bin } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  bin: { foreshock: string };
};

it('the command is there before the first build, as npm links it only then, and runs by itself', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '--stage', bin.foreshock], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  expect(stdout).toMatch(/^100755 /);
  const help = await promisify(execFile)(fileURLToPath(new URL(`../${bin.foreshock}`, import.meta.url)), ['--help']);
  expect(help.stdout).toContain('foreshock explain');
});
